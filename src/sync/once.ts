/**
 * once: something is done by whoever comes first, and nobody passes before it is done.
 *
 * State    0                    not done
 *          me << 4 [| WAITERS]  task `me` is at it; others sleep on this word
 *          DONE                 done, for ever
 * If the function throws, the state is 0 again, the error goes to its caller, and the next one tries.
 * Lost wake-ups  as in spinlock.ts: who sleeps has set WAITERS, and the end changes the word before it wakes all.
 * Context  as the function.
 */
import { cmpxchg, current_owner, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE, xchg } from '#access'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_CONDITION, clear_blocked, set_blocked } from '../mem/task.ts'
import { EDEADLK } from '../base/errno.ts'
import { self_deadlock, WAITERS } from './owner_word.ts'
import { ALL } from './park.ts'

export const once = struct('once', { state: word })
type Once = Addr<'once'>
const DONE = -1

/** Makes it not done. */
export function once_init(o: Once): void {
  WRITE_ONCE(o, 0)
}

/** True if it is done. */
export function once_done(o: Once): boolean {
  return READ_ONCE(o) === DONE
}

/** Claims it for this task, which calls once_end then. Returns 0 if it did, otherwise what the word holds: done, or who is at it. */
export function once_try(o: Once): number {
  return cmpxchg(o, 0, current_owner())
}

/** The task that claimed it has done it, or has failed to: then the next one tries. */
export function once_end(o: Once, done: boolean): void {
  if ((xchg(o, done ? DONE : 0) & WAITERS) !== 0) futex_wake(o, ALL)
}

/** Returns 0 when another has done it; 1 if this task has claimed it; -EDEADLK if this task is at it already. */
export function once_enter(o: Once): number {
  if (READ_ONCE(o) === DONE) return 0
  for (;;) {
    const seen = once_try(o)
    if (seen === DONE) return 0
    if (seen === 0) return 1
    if ((seen & ~WAITERS) === current_owner()) return -EDEADLK
    wait(o, seen)
  }
}

/** Returns when it is done: by this call, which then returns true, or by another. */
export function call_once(o: Once, fn: () => void): boolean {
  const claimed = once_enter(o)
  if (claimed < 0) throw self_deadlock('call_once', o)
  if (claimed === 0) return false
  let done = false
  try {
    fn()
    done = true
  } finally {
    once_end(o, done)
  }
  return true
}

function wait(o: Once, seen: number): void {
  const marked = seen | WAITERS
  if (marked !== seen && cmpxchg(o, seen, marked) !== seen) return
  set_blocked(o, BLOCKED_CONDITION)
  futex_wait(o, marked)
  clear_blocked()
}
