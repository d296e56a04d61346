/**
 * mutex_busted: a futex mutex that loses wake-ups. Controls the progress watchdog.
 *
 * State    0 free, 1 held, 2 held and somebody sleeps
 * Flaw     a woken sleeper takes the lock with 1: it does not know whether others sleep, and forgets them. Its unlock wakes
 *          nobody. (The right way takes it with 2.) Newcomers may heal it, by sleeping themselves; when none comes, a task
 *          sleeps on a free lock.
 * Source   U. Drepper, "Futexes are tricky", what mutex2 is careful about.
 */
import { cmpxchg, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE, xchg } from '#access'
import { BLOCKED_MUTEX, clear_blocked, set_blocked } from '../../mem/task.ts'
import type { LockOps } from '../lock/ops.ts'

const FREE = 0
const HELD = 1
const CONTENDED = 2

function lock(l: number): void {
  if (cmpxchg(l, FREE, HELD) === FREE) return
  set_blocked(l, BLOCKED_MUTEX)
  do {
    const seen = READ_ONCE(l)
    if (seen === CONTENDED || (seen === HELD && cmpxchg(l, HELD, CONTENDED) === HELD))
      futex_wait(l, CONTENDED)
  } while (cmpxchg(l, FREE, HELD) !== FREE)
  clear_blocked()
}

function unlock(l: number): void {
  if (xchg(l, FREE) === CONTENDED) futex_wake(l, 1)
}

export const mutex_busted: LockOps = {
  name: 'mutex_busted',
  summary: 'control of the progress watchdog',
  busted: 'a woken waiter forgets the other sleepers: lost wake-up',
  words: 1,
  sleeps: true,
  init: (l) => WRITE_ONCE(l, FREE),
  writelock: lock,
  writeunlock: unlock,
  isFree: (l) => READ_ONCE(l) === FREE,
}
