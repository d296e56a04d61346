/**
 * unlock_busted: an unlock that notifies nobody. Controls the progress watchdog.
 *
 * State    0 free, 1 held
 * Flaw     waiters sleep while the word is 1, and nobody ever wakes them.
 */
import { cmpxchg, futex_wait, READ_ONCE, WRITE_ONCE } from '#access'
import { BLOCKED_MUTEX, clear_blocked, set_blocked } from '../../mem/task.ts'
import type { LockOps } from '../lock/ops.ts'

export const unlock_busted: LockOps = {
  name: 'unlock_busted',
  summary: 'control of the progress watchdog',
  busted: 'unlock notifies nobody',
  words: 1,
  sleeps: true,
  init: (l) => WRITE_ONCE(l, 0),
  writelock: (l) => {
    while (cmpxchg(l, 0, 1) !== 0) {
      set_blocked(l, BLOCKED_MUTEX)
      futex_wait(l, 1)
      clear_blocked()
    }
  },
  writeunlock: (l) => WRITE_ONCE(l, 0),
  isFree: (l) => READ_ONCE(l) === 0,
}
