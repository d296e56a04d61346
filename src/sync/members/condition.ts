/** condition, as every tool knows it: with the mutex that it waits under, and as a counter of tokens under that mutex. */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import * as of from '../condition.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../mutex.ts'
import type { Monitor, Tokens } from './shapes.ts'

/** The mutex after the condition, and the word with the tokens that it guards. */
const UNDER = of.condition.words
const LEFT = UNDER + mutex.words

const described = {
  name: 'condition',
  summary: 'condition under a mutex: a signal is for one who waits',
  layout: of.condition,
}

export const monitor: Monitor = {
  ...described,
  words: LEFT,
  init(at) {
    of.condition_init(as(at))
    mutex_init(as(at + UNDER), 'condition-torture')
  },
  lock: (at) => mutex_lock(as(at + UNDER)),
  unlock: (at) => mutex_unlock(as(at + UNDER)),
  wait: (at, ns) => of.condition_wait_timeout(as(at), as(at + UNDER), ns),
  signal: of.condition_signal,
}
const { lock, unlock, wait, signal } = monitor

function takeWithin(at: number, ns: number): boolean {
  lock(at)
  while (read(at + LEFT) === 0 && wait(at, ns) === 0);
  const found = read(at + LEFT) > 0
  if (found) write(at + LEFT, read(at + LEFT) - 1)
  unlock(at)
  return found
}

export const condition: Tokens = {
  ...described,
  words: LEFT + 1,
  init(at, n) {
    monitor.init(at)
    WRITE_ONCE(at + LEFT, n)
  },
  put(at) {
    lock(at)
    write(at + LEFT, read(at + LEFT) + 1)
    unlock(at)
    signal(at)
  },
  take: (at) => void takeWithin(at, Infinity),
  takeFor: takeWithin,
  count: (at) => READ_ONCE(at + LEFT),
}
