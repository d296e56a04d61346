/**
 * completion_busted: a completion that forgets a waiter. Controls the conservation of tokens and the progress watchdog.
 *
 * Flaw     complete() wakes a sleeper only if nothing was done before: of two completions in a row, for two sleepers, the
 *          second wakes nobody.
 * Source   the semaphore of atomics-sync 1.0.3 does this
 */
import { cmpxchg, fetch_add, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE } from '#access'
import { BLOCKED_COMPLETION, clear_blocked, set_blocked } from '../../mem/task.ts'
import type { TokenOps } from '../token/ops.ts'

function take(x: number): boolean {
  for (;;) {
    const done = READ_ONCE(x)
    if (done > 0) {
      if (cmpxchg(x, done, done - 1) === done) return true
    } else {
      set_blocked(x, BLOCKED_COMPLETION)
      futex_wait(x, 0)
      clear_blocked()
    }
  }
}

export const completion_busted: TokenOps = {
  name: 'completion_busted',
  summary: 'control of the token torture',
  busted: 'complete forgets a waiter',
  words: 1,
  init: (x, n) => WRITE_ONCE(x, n),
  take,
  put: (x) => {
    if (fetch_add(x, 1) === 0) futex_wake(x, 1)
  },
  count: (x) => READ_ONCE(x),
}
