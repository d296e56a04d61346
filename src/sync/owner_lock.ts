/**
 * owner_lock: the sleeping lock under mutex and under the writer queue of rwsem, without tracepoints.
 *
 * State    word (WAITERS 1, HANDOFF 2, PICKUP 4, ASYNC 8)   meaning                     left by
 *          0                                      free; anybody may take it            cmpxchg to me, or me|W by a sleeper
 *          me                                     held, nobody sleeps                  fast unlock: 0
 *          me | W                                 held, somebody sleeps or is about to slow unlock: 0, wake one
 *          me | W | H                             held, a sleeper has waited too long  slow unlock: P|W, wake one
 *          P | W                                  kept free for a sleeper              cmpxchg to me|W by one that is entitled
 *          Each of the held words, and P | W, may have A besides: somebody waits asynchronously. Slow unlock clears it, and
 *          wakes all in place of one; whoever takes the lock from P | W keeps it.
 * Invariant  sleepers exist ⇒ W is set, or a waiter is awake and on its way. It holds because a waiter sleeps only on a
 *          word in which it has seen or set W; only slow unlock clears W, and it wakes one afterwards; a waiter that has
 *          slept takes the lock with W, and one that was woken in vain sets W before it sleeps again: it gives up only
 *          when park has no wake-up for it. A waiter that is not yet asleep when the word changes gets a mismatch. So no
 *          wake-up is lost. The same holds of A, and its wake-up is for all.
 *          H ⇒ one that asked for the hand-over is waiting: it clears H when it gives up.
 *          P ⇒ a waiter is entitled to the lock (it has been woken, or has asked) and takes it when it looks next.
 * Fairness   newcomers barge, and one of them at a time polls for 1 to 3 µs; sleepers are woken in FIFO order. One that
 *          has waited HANDOFF_NS and finds the lock taken again sets H. Strict FIFO would cost 6 to 55 times as much.
 * Lifetime   the unlocker touches nothing after the step that releases but the futex queue: a spurious wake-up at worst.
 *          So whoever takes the lock last may free it, once nobody else can be about to lock it.
 * Source   kernel/locking/mutex.c; parking_lot (eventual fairness); U. Drepper, "Futexes are tricky".
 */
import {
  cmpxchg,
  current_owner,
  cpu_relax,
  current_task,
  FUTEX_WOKEN,
  futex_wake,
  has_tasks,
  ktime_get_ns,
  READ_ONCE,
  SPIN_POLLS,
  WRITE_ONCE,
} from '#access'
import type { Addr } from '../base/addr.ts'
import { EDEADLK, EOWNERDEAD } from '../base/errno.ts'
import { label, struct, word } from '../mem/layout.ts'
import { clear_blocked, set_blocked } from '../mem/task.ts'
import { ASYNC, FLAGS, HANDOFF, PICKUP, WAITERS } from './owner_word.ts'
import { ALL, is_never, NEVER, park } from './park.ts'

export const owner_lock = struct('owner_lock', {
  /** Those that wait asynchronously (async.ts) sleep on the word itself. */
  async: label,
  owner: word,
  /** The one newcomer that polls: a hint, to keep the others from it. */
  spinner: word,
})
type OwnerLock = Addr<'owner_lock'> | Addr<'mutex'> | Addr<'robust_mutex'>
/** A lock whose word has the same flags. */
type Flagged = OwnerLock | Addr<'spinlock'>
const SPINNER = 1 // owner_lock.spinner

/** A waiter that loses after this long asks for the lock to be handed over. */
const HANDOFF_NS = 1_000_000
const KEPT = PICKUP | WAITERS

/** Takes the lock. `what` and `kind` are published while it sleeps: the lock that the caller knows, a BLOCKED_*. */
export function owner_lock_acquire(lock: OwnerLock, what: number, kind: number): void {
  const me = current_owner()
  if (cmpxchg(lock, 0, me) !== 0) owner_lock_slow(lock, me, what, kind, NEVER)
}

/** Gives the lock back, of a caller that knows that it holds it. */
export function owner_lock_release(lock: OwnerLock): void {
  const me = current_owner()
  if (cmpxchg(lock, me, 0) !== me) owner_unlock_slow(lock, me)
}

/**
 * Takes a lock that the fast path found held.
 * @param me owner word of the caller
 * @param deadline instant in ns, NEVER for none
 * @returns 0, -ETIME, -EINTR when a signal ended it, -EOWNERDEAD when a word of robust.ts says so, or -EDEADLK
 *   where the caller would wait for itself for ever and no watchdog would ever report it
 */
export function owner_lock_slow(
  lock: OwnerLock,
  me: number,
  what: number,
  kind: number,
  deadline: number,
): number {
  if ((READ_ONCE(lock) & ~FLAGS) === me && is_never(deadline) && (!has_tasks || current_task() === 0))
    return -EDEADLK
  if (cmpxchg(lock + SPINNER, 0, me) === 0) {
    const got = spin(lock, me)
    WRITE_ONCE(lock + SPINNER, 0)
    if (got) return 0
  }
  set_blocked(what, kind)
  const result = sleep(lock, me, deadline)
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

function sleep(lock: OwnerLock, me: number, deadline: number): number {
  const since = ktime_get_ns()
  let entitled = false
  let asked = false
  let mayspin = false
  let ended = 0
  for (;;) {
    const seen = READ_ONCE(lock)
    if (seen === 0 || (entitled && (seen & ~ASYNC) === KEPT)) {
      if (cmpxchg(lock, seen, me | WAITERS | (seen & ASYNC)) === seen) return 0
    } else if (seen < 0) {
      return -EOWNERDEAD
    } else if (mayspin) {
      mayspin = false
      if (spin(lock, me | WAITERS)) return 0
    } else if (ended < 0) {
      // H goes with who asked for it. W does not come back: whoever has cleared it since wakes another, park had no wake-up for us.
      const left = asked ? seen & ~HANDOFF : seen
      if (left === seen || cmpxchg(lock, seen, left) === seen) return ended
    } else {
      const late = (seen & PICKUP) === 0 && ktime_get_ns() - since > HANDOFF_NS
      const marked = seen | WAITERS | (late ? HANDOFF : 0)
      // order: W is in the word before we sleep on it; pairs with the cmpxchg in owner_unlock_slow.
      if (marked !== seen && cmpxchg(lock, seen, marked) !== seen) continue
      asked ||= late
      ended = park(lock, marked, deadline)
      mayspin = ended === FUTEX_WOKEN
      entitled ||= asked || mayspin
    }
  }
}

/** Gives back a lock in whose word flags are set. Returns false if `me` does not hold it. */
export function owner_unlock_slow(lock: OwnerLock, me: number): boolean {
  for (;;) {
    const seen = READ_ONCE(lock)
    if ((seen & ~FLAGS) !== me) return false
    if (cmpxchg(lock, seen, (seen & HANDOFF) !== 0 ? KEPT : 0) !== seen) continue
    futex_wake(lock, (seen & ASYNC) !== 0 ? ALL : 1)
    return true
  }
}

/**
 * One try of an asynchronous waiter. Such waiters are all told of every slow unlock, and none is ever handed the lock: their
 * threads may be busy with something else for long.
 * @returns 0 if it has the lock, otherwise what the word at `lock + owner_lock.offset.async` holds: wait for a change of it
 */
export function owner_lock_async_try(lock: Flagged): number {
  for (;;) {
    const seen = READ_ONCE(lock)
    if (seen === 0) {
      // Sleepers may depend on us: only what unlock sees in the word gets them woken.
      if (cmpxchg(lock, 0, current_owner() | WAITERS) === 0) return 0
    } else if ((seen & ASYNC) !== 0 || cmpxchg(lock, seen, seen | ASYNC) === seen) {
      return seen | ASYNC
    }
  }
}

/** An asynchronous waiter gives up. It may still stand in the queue, where it would swallow a wake-up for one. */
export function owner_lock_async_end(lock: Flagged): void {
  futex_wake(lock, ALL)
}
