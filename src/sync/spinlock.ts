/**
 * spinlock: mutual exclusion for short sections that do not sleep.
 *
 * A waiter polls for 1 to 3 µs, then sleeps: users run more CPUs than cores, where an endless spin, or worse a queue of
 * spinners, waits for a thread that the host has put aside (ticket.ts and mcs.ts show it).
 *
 * State    word             meaning
 *          0                free
 *          me << 4          held by task number `me`, nobody sleeps
 *          me << 4 | 1      held, and somebody sleeps or is about to
 *          Held words may have ASYNC 8 besides: somebody waits asynchronously, or for a limited time.
 * Lost wake-ups  a waiter sleeps only on a word with bit 0 that it has seen or set; unlock of such a word stores 0, so a
 *          waiter that is not yet asleep finds a mismatch, and then wakes one that is. The woken one does not know
 *          whether others sleep: it takes the lock with bit 0 set, so its own unlock wakes the next. ASYNC has unlock wake all:
 *          those who set it may be busy, or give up, and must take no wake-up away from a sleeper.
 * Invariant      sleepers exist ⇒ bit 0 or ASYNC is set, or one of them is awake and on its way.
 * Lifetime unlock touches nothing after its exchange but the futex queue: whoever takes it last may free it.
 * Context  any. Barging, not FIFO. The holder must not sleep (might_sleep tells the checker).
 * Source   kernel/locking/qspinlock.c (virt_spin_lock); U. Drepper, "Futexes are tricky", mutex3.
 */
import * as access from '#access'
import {
  READ_ONCE,
  SPIN_POLLS,
  cpu_relax,
  current_task,
  futex_wait,
  futex_wake,
  has_tasks,
  write,
  xchg,
} from '#access'
import * as trace from '#trace'
import { LOCK_SPINS, LOCK_WRITE, trace_lock_init } from '#trace'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_SPINLOCK, clear_blocked, set_blocked } from '../mem/task.ts'
import { owner_lock_async_end, owner_lock_async_try } from './owner_lock.ts'
import { ASYNC, FLAGS, self_deadlock, unlock_by_stranger, WAITERS } from './owner_word.ts'
import { ALL, deadline_in, park_until } from './park.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const current_owner = access.current_owner
const cmpxchg = access.cmpxchg
const trace_lock_acquire = access.CHECKED ? trace.trace_lock_acquire : undefined
const trace_lock_acquired = access.CHECKED ? trace.trace_lock_acquired : undefined
const trace_lock_contended = access.CHECKED ? trace.trace_lock_contended : undefined
const trace_lock_release = access.CHECKED ? trace.trace_lock_release : undefined

export const spinlock = struct('spinlock', { owner: word, dep_map: word })
type Spinlock = Addr<'spinlock'>
const DEP_MAP = 1 // spinlock.dep_map

/** Makes a free lock. `name` is the text of the init site (`&ida->lock`): one name, one lock class. */
export function spin_lock_init(lock: Spinlock, name: string): void {
  write(lock, 0)
  write(lock + DEP_MAP, 0)
  trace_lock_init(lock, lock + DEP_MAP, name, LOCK_SPINS)
}

/** Takes the lock; waits until it can. */
export function spin_lock(lock: Spinlock): void {
  spin_lock_nested(lock, 0)
}

/** spin_lock for a lock of the same class as one that is held; `subclass` is 0 to 7. */
export function spin_lock_nested(lock: Spinlock, subclass: number): void {
  trace_lock_acquire?.(lock, lock + DEP_MAP, subclass, false, LOCK_WRITE, 0)
  const me = current_owner()
  if (cmpxchg(lock, 0, me) !== 0 && !spin_lock_slow(lock, me)) throw self_deadlock('spin_lock', lock)
  trace_lock_acquired?.(lock)
}

/** spin_lock that returns false instead of throwing. */
export function spin_take(lock: Spinlock): boolean {
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, 0)
  const me = current_owner()
  if (cmpxchg(lock, 0, me) !== 0 && !spin_lock_slow(lock, me)) return false
  trace_lock_acquired?.(lock)
  return true
}

/** Takes the lock if it is free. Returns true if it was. */
export function spin_trylock(lock: Spinlock): boolean {
  if (cmpxchg(lock, 0, current_owner()) !== 0) return false
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired?.(lock)
  return true
}

/** Gives the lock back. Throws an Oops if another task holds it, or nobody. */
export function spin_unlock(lock: Spinlock): void {
  if (!spin_release(lock)) throw unlock_by_stranger('spin_unlock', lock, READ_ONCE(lock))
}

/** spin_unlock that returns false instead of throwing. */
export function spin_release(lock: Spinlock): boolean {
  trace_lock_release?.(lock, lock + DEP_MAP)
  const me = current_owner()
  return cmpxchg(lock, me, 0) === me || spin_unlock_slow(lock, me)
}

/** True if somebody holds the lock at this moment: a hint. */
export function spin_is_locked(lock: Spinlock): boolean {
  return READ_ONCE(lock) !== 0
}

/** Returns false where the caller would wait for itself for ever and no watchdog would ever report it. */
function spin_lock_slow(lock: Spinlock, me: number): boolean {
  trace_lock_contended?.(lock)
  if ((READ_ONCE(lock) & ~FLAGS) === me && (!has_tasks || current_task() === 0)) return false
  if (spin(lock, me)) return true
  set_blocked(lock, BLOCKED_SPINLOCK)
  sleep(lock, me)
  clear_blocked()
  return true
}

/** Tries at least once: the sleeper's loop ends here. */
function spin(lock: Spinlock, value: number): boolean {
  for (let polls = SPIN_POLLS; ; polls--) {
    if (READ_ONCE(lock) === 0 && cmpxchg(lock, 0, value) === 0) return true
    if (polls <= 0) return false
    cpu_relax()
  }
}

function sleep(lock: Spinlock, me: number): void {
  do {
    const seen = READ_ONCE(lock)
    if (seen === 0) continue
    const marked = seen | WAITERS
    // order: the mark is in the word before we sleep on it; pairs with the exchange in spin_unlock_slow.
    if (marked === seen || cmpxchg(lock, seen, marked) === seen) futex_wait(lock, marked)
  } while (!spin(lock, me | WAITERS))
}

function spin_unlock_slow(lock: Spinlock, me: number): boolean {
  if ((READ_ONCE(lock) & ~FLAGS) !== me) return false
  // A flag may be set until the exchange: whoever set it sleeps on what the word held, and is woken.
  futex_wake(lock, (xchg(lock, 0) & ASYNC) !== 0 ? ALL : 1)
  return true
}

/**
 * Takes the lock within `timeoutNs`. Returns 0 or -ETIME. Linux has no such call.
 */
export function spin_lock_timeout(lock: Spinlock, timeoutNs: number): number {
  if (spin_trylock(lock)) return 0
  const deadline = deadline_in(timeoutNs)
  set_blocked(lock, BLOCKED_SPINLOCK)
  const result = park_until(lock, () => spin_async_try(lock), deadline)
  clear_blocked()
  return result
}

/** Begins to wait asynchronously (async.ts). */
export function spin_async_begin(_lock: Spinlock): void {}

/** One try of an asynchronous waiter. Returns 0 if it has the lock, otherwise what the word holds: wait for a change. */
export function spin_async_try(lock: Spinlock): number {
  const seen = owner_lock_async_try(lock)
  if (seen !== 0) return seen
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired?.(lock)
  return 0
}

/** An asynchronous waiter gives up. It may still stand in the queue, where it would swallow a wake-up for one. */
export function spin_async_end(lock: Spinlock): void {
  owner_lock_async_end(lock)
}
