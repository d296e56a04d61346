/**
 * A counter under a mutex, with a condition to wait for it, as the token torture sees it.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import {
  condition,
  condition_init,
  condition_signal,
  condition_wait,
  condition_wait_timeout,
} from '../../sync/condition.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../sync/mutex.ts'
import type { TortureTask } from '../task.ts'
import type { TokenOps } from './ops.ts'
import { patience } from './patience.ts'

/** The mutex after the condition, and the word with the tokens that it guards. */
const UNDER = condition.words
const LEFT_UNDER = UNDER + mutex.words

function takeUnderMutex(x: number, task: TortureTask): boolean {
  const left = x + LEFT_UNDER
  const timed = task.one_in(8)
  mutex_lock(as(x + UNDER))
  while (read(left) === 0) {
    if (!timed) condition_wait(as(x), as(x + UNDER))
    else if (condition_wait_timeout(as(x), as(x + UNDER), patience(task)) !== 0) break
  }
  const found = read(left) > 0
  if (found) write(left, read(left) - 1)
  mutex_unlock(as(x + UNDER))
  return found
}

export const condition_tokens: TokenOps = {
  name: 'condition',
  summary: 'condition under a mutex: a signal is for one who waits',
  words: LEFT_UNDER + 1,
  init: (x, n) => {
    condition_init(as(x))
    mutex_init(as(x + UNDER), 'condition-torture')
    WRITE_ONCE(x + LEFT_UNDER, n)
  },
  take: takeUnderMutex,
  put: (x) => {
    mutex_lock(as(x + UNDER))
    write(x + LEFT_UNDER, read(x + LEFT_UNDER) + 1)
    mutex_unlock(as(x + UNDER))
    condition_signal(as(x))
  },
  count: (x) => READ_ONCE(x + LEFT_UNDER),
}
