/**
 * mutex: one owner, sections that may sleep.
 *
 * Lock and unlock are one compare-and-exchange each; everything else is in owner_lock.ts, with the state table of the
 * word. The owner's task number is in the word itself, so an unlock by anybody else cannot succeed.
 *
 * Rules    only the owner unlocks; not recursive (in the arena a second lock hangs, as the kernel does, and the watchdog
 *          reports it; in a plain memory it throws a DeadlockError). Not FIFO; starvation is bounded by hand-over.
 * Lifetime whoever locks it last may free it, once nobody else can be about to lock it: an unlock that is still under way touches
 *          only the futex queue. Linux promises less (Documentation/locking/mutex-design.rst).
 * Context  may sleep.
 * Source   kernel/locking/mutex.c
 */
import * as access from '#access'
import { READ_ONCE, write } from '#access'
import * as trace from '#trace'
import { LOCK_WRITE, trace_lock_init } from '#trace'
import type { Addr } from '../base/addr.ts'
import { EDEADLK } from '../base/errno.ts'
import { label, struct, word } from '../mem/layout.ts'
import { BLOCKED_MUTEX } from '../mem/task.ts'
import {
  owner_lock_async_end,
  owner_lock_async_try,
  owner_lock_slow,
  owner_unlock_slow,
} from './owner_lock.ts'
import { owner_cpu, self_deadlock, unlock_by_stranger } from './owner_word.ts'
import { deadline_in, NEVER, or_signal } from './park.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const current_owner = access.current_owner
const cmpxchg = access.cmpxchg
const might_sleep = access.CHECKED ? trace.might_sleep : undefined
const trace_lock_acquire = access.CHECKED ? trace.trace_lock_acquire : undefined
const trace_lock_acquired = access.CHECKED ? trace.trace_lock_acquired : undefined
const trace_lock_contended = access.CHECKED ? trace.trace_lock_contended : undefined
const trace_lock_release = access.CHECKED ? trace.trace_lock_release : undefined

/** `async`, `owner` and `spinner` are an owner_lock. */
export const mutex = struct('mutex', {
  async: label,
  owner: word,
  spinner: word,
  dep_map: word,
})
type Mutex = Addr<'mutex'>
const DEP_MAP = 2 // mutex.dep_map
const WORDS = 3 // mutex.words

/** Makes a free mutex. `name` is the text of the init site (`&parent->lock`): one name, one lock class. */
export function mutex_init(lock: Mutex, name: string): void {
  for (let i = 0; i < WORDS; i++) write(lock + i, 0)
  trace_lock_init(lock, lock + DEP_MAP, name)
}

/** Takes the mutex; sleeps until it can. */
export function mutex_lock(lock: Mutex): void {
  mutex_lock_nested(lock, 0)
}

/** mutex_lock for a mutex of the same class as one that is held; `subclass` is 0 to 7. */
export function mutex_lock_nested(lock: Mutex, subclass: number): void {
  might_sleep?.()
  trace_lock_acquire?.(lock, lock + DEP_MAP, subclass, false, LOCK_WRITE, 0)
  const me = current_owner()
  if (cmpxchg(lock, 0, me) !== 0) contended_for_ever(lock, me)
  trace_lock_acquired?.(lock)
}

/** mutex_lock for one of many locks of a class that are ordered by an outer lock, which is held. */
export function mutex_lock_nest_lock(lock: Mutex, outer: number): void {
  might_sleep?.()
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, outer)
  const me = current_owner()
  if (cmpxchg(lock, 0, me) !== 0) contended_for_ever(lock, me)
  trace_lock_acquired?.(lock)
}

/** Takes the mutex if it is free. Returns true if it was. */
export function mutex_trylock(lock: Mutex): boolean {
  if (cmpxchg(lock, 0, current_owner()) !== 0) return false
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired?.(lock)
  return true
}

/** Takes the mutex, unless a signal (send_signal) is or becomes pending while it sleeps. Returns 0 or -EINTR. */
export function mutex_lock_interruptible(lock: Mutex): number {
  return mutex_lock_timeout(lock, or_signal(NEVER))
}

/**
 * Takes the mutex within `timeoutNs` nanoseconds. Returns 0 or -ETIME; for Infinity, in a plain memory, -EDEADLK if the caller has it.
 * Linux has it for semaphores only.
 */
export function mutex_lock_timeout(lock: Mutex, timeoutNs: number): number {
  might_sleep?.()
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, 0)
  const me = current_owner()
  let error = 0
  if (cmpxchg(lock, 0, me) !== 0) {
    trace_lock_contended?.(lock)
    error = owner_lock_slow(lock, me, lock, BLOCKED_MUTEX, deadline_in(timeoutNs))
  }
  if (error === 0) trace_lock_acquired?.(lock)
  else if (error !== -EDEADLK) trace_lock_release?.(lock, lock + DEP_MAP)
  return error
}

/** Gives the mutex back. Throws an Oops if another task holds it, or nobody. */
export function mutex_unlock(lock: Mutex): void {
  if (!mutex_release(lock)) throw unlock_by_stranger('mutex_unlock', lock, READ_ONCE(lock))
}

/** mutex_unlock that returns false instead of throwing. */
export function mutex_release(lock: Mutex): boolean {
  trace_lock_release?.(lock, lock + DEP_MAP)
  const me = current_owner()
  return cmpxchg(lock, me, 0) === me || owner_unlock_slow(lock, me)
}

/** True if somebody holds the mutex at this moment: a hint. */
export function mutex_is_locked(lock: Mutex): boolean {
  return owner_cpu(READ_ONCE(lock)) >= 0
}

/** CPU that holds the mutex at this moment, or -1: a hint, for reports. */
export function mutex_owner_cpu(lock: Mutex): number {
  return owner_cpu(READ_ONCE(lock))
}

function contended_for_ever(lock: Mutex, me: number): void {
  trace_lock_contended?.(lock)
  if (owner_lock_slow(lock, me, lock, BLOCKED_MUTEX, NEVER) !== 0) throw self_deadlock('mutex_lock', lock)
}

/** Begins to wait asynchronously (async.ts). Context: as mutex_lock. */
export function mutex_async_begin(_lock: Mutex): void {
  might_sleep?.()
}

/** One try of an asynchronous waiter. Returns 0 if it has the mutex, otherwise what `async` holds: wait for a change. */
export function mutex_async_try(lock: Mutex): number {
  const told = owner_lock_async_try(lock)
  if (told !== 0) return told
  trace_lock_acquire?.(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired?.(lock)
  return 0
}

/** An asynchronous waiter gives up. */
export function mutex_async_end(lock: Mutex): void {
  owner_lock_async_end(lock)
}
