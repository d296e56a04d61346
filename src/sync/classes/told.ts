/**
 * told: a word beside an object whose functions know nothing of asynchronous waiters, or of time-outs.
 *
 * State    0, or how often those that wait have been told to look again; then odd, so never 0 again.
 * Lost wake-ups  a waiter makes the word odd, reads it, tries, and sleeps on what it has read. Whoever changes the object in
 *          somebody's favour reads the word afterwards: it finds 0 only if the waiter's try comes after the change.
 * Lifetime the word is read after the change: the memory must outlive every call.
 */
import { fetch_add, fetch_or, futex_wake, READ_ONCE } from '#access'
import { ALL, park_until } from '../park.ts'

/** Tells those that wait to look again. Costs a load if nobody ever waited. */
export function tell(told: number): void {
  if (READ_ONCE(told) === 0) return
  fetch_add(told, 2)
  futex_wake(told, ALL)
}

/** Joins those that wait; returns what the word holds then: wait for a change of it. */
export function joinTold(told: number): number {
  const seen = READ_ONCE(told)
  if (seen !== 0) return seen
  fetch_or(told, 1)
  return READ_ONCE(told)
}

/** Tries, as one that waits. Returns 0 if `attempt` returned true, otherwise what the word holds: wait for a change of it. */
export function triedTold(told: number, attempt: () => boolean): number {
  const seen = joinTold(told)
  return attempt() ? 0 : seen
}

/**
 * Blocks until `attempt` returns true.
 * @param deadline instant in ns as deadline_in gives it
 * @returns false if the time is up
 */
export function waitTold(told: number, attempt: () => boolean, deadline: number): boolean {
  return park_until(told, () => triedTold(told, attempt), deadline) === 0
}
