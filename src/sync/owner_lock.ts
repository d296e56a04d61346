/**
 * owner_lock: the sleeping lock under mutex and under the writer queue of rwsem, without tracepoints.
 *
 * State    word (WAITERS 1, HANDOFF 2, PICKUP 4)   meaning                              left by
 *          0                                      free; anybody may take it            cmpxchg to me, or me|W by a sleeper
 *          me                                     held, nobody sleeps                  fast unlock: 0
 *          me | W                                 held, somebody sleeps or is about to slow unlock: 0, wake one
 *          me | W | H                             held, a sleeper has waited too long  slow unlock: P|W, wake one
 *          P | W                                  kept free for a woken sleeper        cmpxchg to me|W by one; or 0, if
 *                                                                                      the unlock found nobody asleep
 * Invariant  sleepers exist ⇒ W is set, or a waiter is awake and on its way. It holds because a waiter sleeps only on a
 *          word in which it has seen or set W; only slow unlock clears W, and it wakes one afterwards; a waiter that has
 *          slept takes the lock with W, and one that gives up hands its duty on (`leave`). A waiter that is not yet
 *          asleep when the word changes gets a mismatch. So no wake-up is lost.
 *          P ⇒ a waiter that has been woken is on its way, or the unlocker is about to withdraw P.
 * Fairness   newcomers barge, and one of them at a time polls for 1 to 3 µs; sleepers are woken in FIFO order. One that
 *          has waited HANDOFF_NS and finds the lock taken again sets H. Strict FIFO would cost 6 to 55 times as much.
 * Lifetime   the unlocker touches nothing after its store but the futex queue: a spurious wake-up at worst.
 * Source   kernel/locking/mutex.c; parking_lot (eventual fairness); U. Drepper, "Futexes are tricky".
 */
import {
  cmpxchg,
  current_owner,
  cpu_relax,
  current_task,
  FUTEX_TIMEDOUT,
  FUTEX_WOKEN,
  fetch_add,
  futex_wake,
  ktime_get_ns,
  READ_ONCE,
  SPIN_POLLS,
  WRITE_ONCE,
} from '#access'
import type { Addr } from '../base/addr.ts'
import { EINTR, ETIME } from '../base/errno.ts'
import { struct, word } from '../mem/layout.ts'
import { clear_blocked, set_blocked } from '../mem/task.ts'
import { FLAGS, HANDOFF, PICKUP, self_deadlock, unlock_by_stranger, WAITERS } from './owner_word.ts'
import { ALL, NEVER, park, signal_pending } from './park.ts'

export const owner_lock = struct('owner_lock', {
  owner: word,
  /** The one newcomer that polls: a hint, to keep the others from it. */
  spinner: word,
  /** 0, or how often those that wait asynchronously (async.ts) have been told to look again. */
  async: word,
})
type OwnerLock = Addr<'owner_lock'> | Addr<'mutex'>
const SPINNER = owner_lock.offset.spinner
const ASYNC = owner_lock.offset.async

/** A waiter that loses after this long asks for the lock to be handed over. */
const HANDOFF_NS = 1_000_000
const KEPT = PICKUP | WAITERS

/** Takes the lock. `what` and `kind` are published while it sleeps: the lock that the caller knows, a BLOCKED_*. */
export function owner_lock_acquire(lock: OwnerLock, what: number, kind: number): void {
  const me = current_owner()
  if (cmpxchg(lock, 0, me) !== 0) owner_lock_slow(lock, me, what, kind, NEVER, false)
}

/** Gives the lock back. Throws an Oops if the caller does not hold it. */
export function owner_lock_release(lock: OwnerLock): void {
  const me = current_owner()
  if (cmpxchg(lock, me, 0) !== me) owner_unlock_slow(lock, me)
}

/**
 * Takes a lock that the fast path found held.
 * @param me owner word of the caller
 * @param deadline instant in ns, NEVER for none
 * @returns 0, -ETIME, or -EINTR when `interruptible` and a signal is pending
 */
export function owner_lock_slow(
  lock: OwnerLock,
  me: number,
  what: number,
  kind: number,
  deadline: number,
  interruptible: boolean,
): number {
  if ((READ_ONCE(lock) & ~FLAGS) === me && deadline === NEVER && current_task() === 0) {
    throw self_deadlock('mutex_lock', what)
  }
  if (cmpxchg(lock + SPINNER, 0, me) === 0) {
    const got = spin(lock, me)
    WRITE_ONCE(lock + SPINNER, 0)
    if (got) return 0
  }
  set_blocked(what, kind)
  const result = sleep(lock, me, deadline, interruptible)
  clear_blocked()
  return result
}

function spin(lock: OwnerLock, value: number): boolean {
  for (let i = 0; i < SPIN_POLLS; i++) {
    if (READ_ONCE(lock) === 0 && cmpxchg(lock, 0, value) === 0) return true
    cpu_relax()
  }
  return false
}

function sleep(lock: OwnerLock, me: number, deadline: number, interruptible: boolean): number {
  const since = ktime_get_ns()
  let woken = false
  let mayspin = false
  let expired = false
  for (;;) {
    const seen = READ_ONCE(lock)
    if (seen === 0 || (seen === KEPT && woken)) {
      if (cmpxchg(lock, seen, me | WAITERS) === seen) return 0
      continue
    }
    if (mayspin) {
      mayspin = false
      if (spin(lock, me | WAITERS)) return 0
      continue
    }
    if (expired) return leave(lock, -ETIME)
    if (interruptible && signal_pending()) return leave(lock, -EINTR)
    const late = seen !== KEPT && ktime_get_ns() - since > HANDOFF_NS
    const marked = seen | WAITERS | (late ? HANDOFF : 0)
    // order: W is in the word before we sleep on it; pairs with the cmpxchg in owner_unlock_slow.
    if (marked !== seen && cmpxchg(lock, seen, marked) !== seen) continue
    const result = park(lock, marked, deadline, interruptible)
    expired = result === FUTEX_TIMEDOUT
    if (result === FUTEX_WOKEN) woken = mayspin = true
  }
}

/** Gives up. A wake-up may have been ours: see that the sleepers do not depend on it. */
function leave(lock: OwnerLock, error: number): number {
  for (;;) {
    const seen = READ_ONCE(lock)
    if (seen === 0) {
      futex_wake(lock, 1)
      return error
    }
    if ((seen & WAITERS) !== 0 || cmpxchg(lock, seen, seen | WAITERS) === seen) return error
  }
}

/** Gives back a lock in whose word flags are set. Throws an Oops if `me` does not hold it. */
export function owner_unlock_slow(lock: OwnerLock, me: number): void {
  for (;;) {
    const seen = READ_ONCE(lock)
    if ((seen & ~FLAGS) !== me) throw unlock_by_stranger('mutex_unlock', lock, seen)
    const next = (seen & HANDOFF) !== 0 ? KEPT : 0
    if (cmpxchg(lock, seen, next) !== seen) continue
    const woken = futex_wake(lock, 1)
    // Nobody was asleep to be given the lock: free it, and wake who fell asleep on the word meanwhile.
    if (woken === 0 && next === KEPT && cmpxchg(lock, KEPT, 0) === KEPT) futex_wake(lock, 1)
    if (READ_ONCE(lock + ASYNC) !== 0) {
      fetch_add(lock + ASYNC, 2)
      futex_wake(lock + ASYNC, ALL)
    }
    return
  }
}

/** Joins those that wait asynchronously: unlock looks for them from now on. The word stays odd, so never 0 again. */
export function owner_lock_async_begin(lock: OwnerLock): void {
  cmpxchg(lock + ASYNC, 0, 1)
}

/**
 * One try of an asynchronous waiter. Such waiters sleep on a word of their own, all are told of every slow unlock, and none is
 * ever handed the lock: their threads may be busy with something else for long.
 * @returns 0 if it has the lock, otherwise a value of the word at `lock + owner_lock.offset.async` to wait for a change of
 */
export function owner_lock_async_try(lock: OwnerLock): number {
  for (;;) {
    // order: the sequence before the word; pairs with owner_unlock_slow, which changes them in the other order.
    const told = READ_ONCE(lock + ASYNC)
    const seen = READ_ONCE(lock)
    if (seen === 0) {
      // Sleepers may depend on us: only what unlock sees in the word gets them woken.
      if (cmpxchg(lock, 0, current_owner() | WAITERS) === 0) return 0
    } else if ((seen & WAITERS) !== 0 || cmpxchg(lock, seen, seen | WAITERS) === seen) {
      return told
    }
  }
}
