/** condition, as every tool knows it: a counter of tokens under a mutex, with a condition to wait for one. */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import * as of from '../condition.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../mutex.ts'
import type { Tokens } from './shapes.ts'

/** The mutex after the condition, and the word with the tokens that it guards. */
const UNDER = of.condition.words
const LEFT = UNDER + mutex.words

function takeWithin(at: number, ns: number): boolean {
  const under = as<'mutex'>(at + UNDER)
  mutex_lock(under)
  while (read(at + LEFT) === 0) {
    if (ns === Infinity) of.condition_wait(as(at), under)
    else if (of.condition_wait_timeout(as(at), under, ns) !== 0) break
  }
  const found = read(at + LEFT) > 0
  if (found) write(at + LEFT, read(at + LEFT) - 1)
  mutex_unlock(under)
  return found
}

export const condition: Tokens = {
  name: 'condition',
  summary: 'condition under a mutex: a signal is for one who waits',
  layout: of.condition,
  words: LEFT + 1,
  init(at, n) {
    of.condition_init(as(at))
    mutex_init(as(at + UNDER), 'condition-torture')
    WRITE_ONCE(at + LEFT, n)
  },
  put(at) {
    mutex_lock(as(at + UNDER))
    write(at + LEFT, read(at + LEFT) + 1)
    mutex_unlock(as(at + UNDER))
    of.condition_signal(as(at))
  },
  take: (at) => void takeWithin(at, Infinity),
  takeFor: takeWithin,
  count: (at) => READ_ONCE(at + LEFT),
}
