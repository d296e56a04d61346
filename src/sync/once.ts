/**
 * once: something is done by whoever comes first, and nobody passes before it is done.
 *
 * State    0                    not done
 *          me << 3 [| WAITERS]  task `me` is at it; others sleep on this word
 *          DONE                 done, for ever
 * If the function throws, the state is 0 again, the error goes to its caller, and the next one tries.
 * Lost wake-ups  as in spinlock.ts: who sleeps has set WAITERS, and the end changes the word before it wakes all.
 * Context  as the function.
 */
import { cmpxchg, current_owner, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE, xchg } from '#access'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_CONDITION, clear_blocked, set_blocked } from '../mem/task.ts'
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

/** Returns when it is done: by this call, which then returns true, or by another. */
export function call_once(o: Once, fn: () => void): boolean {
  if (READ_ONCE(o) === DONE) return false
  const me = current_owner()
  for (;;) {
    const seen = cmpxchg(o, 0, me)
    if (seen === DONE) return false
    if (seen === 0) break
    if ((seen & ~WAITERS) === me) throw self_deadlock('call_once', o)
    wait(o, seen)
  }
  let end = 0
  try {
    fn()
    end = DONE
  } finally {
    if ((xchg(o, end) & WAITERS) !== 0) futex_wake(o, ALL)
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
