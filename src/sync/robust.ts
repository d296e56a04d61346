/**
 * robust_mutex: a mutex whose owner may end while it holds it. Whoever waits finds that out, and has the lock with the knowledge.
 *
 * State    the word of owner_lock, and besides
 *          DEAD | flags   the owner has ended inside; whoever takes it is told: cmpxchg to me|W
 *          LOST | flags   the data were given up; for ever
 * Proof    a waiter that has slept for a while asks `ended` about the owner. It must say true of a thread only when that runs no
 *          more, and may say false of any: what it does not know is not taken away (classes/threads.ts has one).
 * Invariant  an owner that has ended cannot change the word, so the step from its number to DEAD is made once, whoever makes it.
 * Lost wake-ups  a thread may end as a sleeper that was woken, or between its unlock and its wake-up. So nobody sleeps longer than
 *          LOOK_NS without looking at the word, and one that finds it kept for a sleeper who does not come (PICKUP) frees it.
 * Cost     lock and unlock are those of mutex; only sleeping differs.
 * Context  may sleep.
 * Source   POSIX, pthread_mutexattr_setrobust; Documentation/locking/robust-futexes.rst, which keeps a list per thread instead.
 */
import * as access from '#access'
import * as trace from '#trace'
import type { Addr } from '../base/addr.ts'
import { EDEADLK, ENOTRECOVERABLE, EOWNERDEAD, ETIME } from '../base/errno.ts'
import { label, struct, word } from '../mem/layout.ts'
import { BLOCKED_MUTEX } from '../mem/task.ts'
import {
  owner_lock_async_end,
  owner_lock_async_try,
  owner_lock_slow,
  owner_unlock_slow,
} from './owner_lock.ts'
import { FLAGS, PICKUP, unlock_by_stranger, WAITERS } from './owner_word.ts'
import { ALL, deadline_in, NEVER } from './park.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const current_owner = access.current_owner
const cmpxchg = access.cmpxchg
const READ_ONCE = access.READ_ONCE
const current_task = access.current_task
const futex_wake = access.futex_wake
const ktime_get_ns = access.ktime_get_ns
const LOCK_WRITE = trace.LOCK_WRITE
const might_sleep = trace.might_sleep
const trace_lock_acquire = trace.trace_lock_acquire
const trace_lock_acquired = trace.trace_lock_acquired
const trace_lock_contended = trace.trace_lock_contended
const trace_lock_init = trace.trace_lock_init
const trace_lock_release = trace.trace_lock_release

/** `async`, `owner` and `spinner` are an owner_lock. */
export const robust_mutex = struct('robust_mutex', {
  async: label,
  owner: word,
  spinner: word,
  dep_map: word,
})
type Lock = Addr<'robust_mutex'>
const DEP_MAP = 2 // robust_mutex.dep_map
const WORDS = 3 // robust_mutex.words
const SPINNER = 1 // owner_lock.spinner

/** The owner has ended inside. */
const DEAD = 1 << 31
/** Given up for ever. */
const LOST = DEAD | (1 << 30)

function isLost(word: number): boolean {
  return (word & LOST) === LOST
}

/** How long a waiter sleeps before it asks for the first time, and then as long again as it has waited. */
export const ASK_NS = 10_000_000
/** How long a waiter sleeps without looking at the word. */
const LOOK_NS = 1_000_000_000

/** Says that the thread with this owner word has ended. `waitedNs` is how long the asker has waited. */
export type Ended = (owner: number, waitedNs: number) => boolean

/** Makes a free mutex. */
export function robust_mutex_init(lock: Lock, name: string): void {
  for (let i = 0; i < WORDS; i++) access.write(lock + i, 0)
  trace_lock_init(lock, lock + DEP_MAP, name)
}

/**
 * Takes the mutex within `timeoutNs`.
 * @returns 0; -EOWNERDEAD: it has the lock, and the owner before ended inside; -ENOTRECOVERABLE: it has not, and nobody ever will;
 *   -ETIME
 */
export function robust_mutex_lock(lock: Lock, ended: Ended, timeoutNs: number = NEVER): number {
  might_sleep()
  trace_lock_acquire(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, 0)
  const got = cmpxchg(lock, 0, current_owner()) === 0 ? 0 : contended(lock, ended, timeoutNs)
  if (got === 0 || got === -EOWNERDEAD) trace_lock_acquired(lock)
  else if (got !== -EDEADLK) trace_lock_release(lock, lock + DEP_MAP)
  return got
}

/** Takes the mutex if it is free. Returns as robust_mutex_lock, -ETIME if somebody holds it, who may have ended. */
export function robust_mutex_trylock(lock: Lock): number {
  const got = cmpxchg(lock, 0, current_owner()) === 0 ? 0 : inherit(lock)
  if (got !== 0 && got !== -EOWNERDEAD) return got
  trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired(lock)
  return got
}

/** Gives the mutex back. Throws an Oops if another task holds it, or nobody. */
export function robust_mutex_unlock(lock: Lock): void {
  if (!robust_mutex_release(lock)) throw unlock_by_stranger('robust_mutex_unlock', lock, READ_ONCE(lock))
}

/** robust_mutex_unlock that returns false instead of throwing. */
export function robust_mutex_release(lock: Lock): boolean {
  trace_lock_release(lock, lock + DEP_MAP)
  const me = current_owner()
  return cmpxchg(lock, me, 0) === me || owner_unlock_slow(lock, me)
}

/** Gives the mutex up for ever: the owner cannot repair what it guards. */
export function robust_mutex_give_up(lock: Lock): void {
  trace_lock_release(lock, lock + DEP_MAP)
  for (;;) {
    const seen = READ_ONCE(lock)
    if ((seen & ~FLAGS) !== current_owner()) throw unlock_by_stranger('robust_mutex_give_up', lock, seen)
    if (cmpxchg(lock, seen, LOST) === seen) break
  }
  futex_wake(lock, ALL)
}

/** True if somebody holds it at this moment, alive or not: a hint. */
export function robust_mutex_is_locked(lock: Lock): boolean {
  const seen = READ_ONCE(lock)
  return (seen & ~FLAGS) !== 0 && !isLost(seen)
}

/** True if it was given up. */
export function robust_mutex_is_lost(lock: Lock): boolean {
  return isLost(READ_ONCE(lock))
}

/** True if its owner has ended inside and nobody has taken it since. */
export function robust_mutex_is_orphan(lock: Lock): boolean {
  const seen = READ_ONCE(lock)
  return seen < 0 && !isLost(seen)
}

/**
 * One try of an asynchronous waiter. Returns as robust_mutex_lock, or what the word at `async` holds, which is more than 0: wait
 * for a change of it, but call robust_mutex_look from time to time.
 */
export function robust_mutex_async_try(lock: Lock): number {
  for (;;) {
    const told = owner_lock_async_try(lock)
    const got = told < 0 ? inherit(lock) : told
    if (got === -ETIME) continue
    if (got === 0 || got === -EOWNERDEAD) {
      trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
      trace_lock_acquired(lock)
    }
    return got
  }
}

/** An asynchronous waiter gives up. */
export function robust_mutex_async_end(lock: Lock): void {
  owner_lock_async_end(lock)
}

/** What a waiter does that has slept for a while: if the owner has ended, or nobody comes for whom it is kept, others may have it. */
export function robust_mutex_look(lock: Lock, ended: Ended, waitedNs: number): void {
  const seen = READ_ONCE(lock)
  const owner = seen & ~FLAGS
  if (owner > 0) {
    if (ended(owner, waitedNs)) robust_mutex_inherit(lock, owner, DEAD)
  } else if ((seen & PICKUP) !== 0 && cmpxchg(lock, seen, 0) === seen) {
    futex_wake(lock, ALL)
  }
}

/** The word of an owner that has ended becomes `next` and its flags; false if that has been done. Whoever waits looks again. */
export function robust_mutex_inherit(lock: Lock, owner: number, next: number): boolean {
  cmpxchg(lock + SPINNER, owner, 0)
  for (;;) {
    const seen = READ_ONCE(lock)
    if ((seen & ~FLAGS) !== owner) return false
    if (cmpxchg(lock, seen, next | (seen & FLAGS)) !== seen) continue
    futex_wake(lock, ALL)
    return true
  }
}

/** Takes a lock whose owner has ended. Returns -EOWNERDEAD if it did, -ENOTRECOVERABLE, -ETIME if it is not such a lock. */
function inherit(lock: Lock): number {
  for (;;) {
    const seen = READ_ONCE(lock)
    if (seen >= 0) return -ETIME
    if (isLost(seen)) return -ENOTRECOVERABLE
    if (cmpxchg(lock, seen, current_owner() | (seen & FLAGS) | WAITERS) === seen) return -EOWNERDEAD
  }
}

function contended(lock: Lock, ended: Ended, timeoutNs: number): number {
  trace_lock_contended(lock)
  const me = current_owner()
  if ((READ_ONCE(lock) & ~FLAGS) === me && timeoutNs === NEVER && current_task() === 0) {
    return -EDEADLK
  }
  const since = ktime_get_ns()
  const deadline = deadline_in(timeoutNs)
  for (let ask = since + ASK_NS; ;) {
    const got = inherit(lock)
    if (got !== -ETIME) return got
    const until = Math.min(deadline, ask, ktime_get_ns() + LOOK_NS)
    const slept = owner_lock_slow(lock, me, lock, BLOCKED_MUTEX, until)
    if (slept === 0) return 0
    const now = ktime_get_ns()
    if (now >= deadline) return inherit(lock)
    if (now < ask) continue
    robust_mutex_look(lock, ended, now - since)
    ask = now + (now - since)
  }
}
