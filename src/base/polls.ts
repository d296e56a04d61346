/**
 * How often a waiter of the checked build polls before it sleeps: 0, so that the explorer reaches the paths behind at once, or what
 * the environment says. What happens while a lock is polled is seen with 1. Workers inherit the environment, so that all parts of
 * an exploration have the same.
 */

/** Name in the environment. */
export const POLLS = 'LOCKSTORM_POLLS'

/** What the environment says now. */
export function pollsAsked(): number {
  return typeof process === 'undefined' ? 0 : Number(process.env[POLLS] ?? 0)
}

/** What it said when this thread began. */
export const CHECKED_POLLS = pollsAsked()
