/**
 * condition: wait under a mutex until somebody says that something under that mutex has changed. For JavaScript users; kernel
 * code takes a wait queue.
 *
 * State    seq: counted up by every signal, and slept on. waiters: tasks between the two steps of condition_wait.
 * Lost wake-ups  a waiter is counted and reads seq while it holds the mutex, then lets go and sleeps on that value. A signal
 *          sent under the mutex comes either before the waiter has tested what it waits for, or after it has read seq; then
 *          the sleep is a mismatch or is ended. A signal without the mutex can only be too early, as everywhere.
 * Lifetime a signal touches the condition after it has counted up; sent under the mutex, it has returned when the waiter is back.
 * Context  wait: may sleep. signal: any. Wake-ups without reason happen: test in a loop.
 */
import { fetch_add, fetch_sub, futex_wake, READ_ONCE, write } from '#access'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_CONDITION, clear_blocked, set_blocked } from '../mem/task.ts'
import { mutex_lock, mutex_unlock } from './mutex.ts'
import { ALL, deadline_in, NEVER, park } from './park.ts'

export const condition = struct('condition', { seq: word, waiters: word })
type Condition = Addr<'condition'>
const WAITERS = 1 // condition.waiters

/** Makes a condition that nobody waits for. */
export function condition_init(c: Condition): void {
  write(c, 0)
  write(c + WAITERS, 0)
}

/** Gives the mutex back, sleeps until a signal, takes the mutex again. */
export function condition_wait(c: Condition, lock: Addr<'mutex'>): void {
  condition_wait_under(c, lock, mutex_unlock, mutex_lock, NEVER)
}

/** condition_wait for at most `timeoutNs`; the mutex is held again either way. Returns 0 or -ETIME. */
export function condition_wait_timeout(c: Condition, lock: Addr<'mutex'>, timeoutNs: number): number {
  return condition_wait_under(c, lock, mutex_unlock, mutex_lock, deadline_in(timeoutNs))
}

/** Wakes one waiter, the one that has slept longest. */
export function condition_signal(c: Condition): void {
  notify(c, 1)
}

/** Wakes all waiters. */
export function condition_broadcast(c: Condition): void {
  notify(c, ALL)
}

function notify(c: Condition, n: number): void {
  // order: seq before waiters; pairs with `wait`.
  fetch_add(c, 1)
  if (READ_ONCE(c + WAITERS) !== 0) futex_wake(c, n)
}

/**
 * condition_wait under a lock of any kind, until an instant in ns.
 * @param release gives the lock back
 * @param acquire takes it again
 * @returns 0 or -ETIME
 */
export function condition_wait_under<L>(
  c: Condition,
  lock: L,
  release: (lock: L) => unknown,
  acquire: (lock: L) => unknown,
  deadline: number,
): number {
  fetch_add(c + WAITERS, 1)
  const seen = READ_ONCE(c)
  release(lock)
  set_blocked(c, BLOCKED_CONDITION)
  const result = park(c, seen, deadline)
  clear_blocked()
  fetch_sub(c + WAITERS, 1)
  acquire(lock)
  return Math.min(result, 0)
}
