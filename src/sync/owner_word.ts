/**
 * The word that says who holds a lock: CPU number + 1 in the upper bits (`current_owner()`), flags in the lower four.
 */
import { current_owner, has_tasks, READ_ONCE, smp_processor_id, unbind } from '#access'
import { OWNER_SHIFT } from '../base/constants.ts'
import { Oops } from '../base/kernel_error.ts'
import { DeadlockError, OwnershipError } from '../base/sync_error.ts'

/** Somebody sleeps, or is about to: unlock must wake. */
export const WAITERS = 1
/** A sleeper has waited too long: the next unlock must give the lock to a woken sleeper. */
export const HANDOFF = 2
/** No owner, and only a woken sleeper may become it. */
export const PICKUP = 4
/** Somebody waits asynchronously (async.ts): unlock must wake everybody. */
export const ASYNC = 8
/** All flags. */
export const FLAGS = 15

/** CPU that an owner word names, or -1 when nobody holds the lock. */
export function owner_cpu(word: number): number {
  return (word >> OWNER_SHIFT) - 1
}

/** True if the owner word names the running task: exact, since nobody else could change that. */
export function owned_by_me(word: number): boolean {
  return (READ_ONCE(word) & ~FLAGS) === current_owner()
}

/**
 * The error of an unlock by a task that does not hold the lock: a kernel's report, where there is one. The thread leaves a bound memory
 * with it.
 */
export function unlock_by_stranger(what: string, lock: number, seen: number): Error {
  const cpu = smp_processor_id()
  if (!has_tasks) return new OwnershipError(`${what}: thread ${cpu} does not hold lock ${lock}`)
  const owner = owner_cpu(seen)
  const held = owner < 0 ? 'not held' : `held by CPU ${owner}`
  const text = `${what}: lock ${lock} is ${held}, CPU ${cpu} must not unlock it`
  unbind()
  return new Oops(text, `BUG: bad unlock on CPU#${cpu}\n lock: ${lock}, owner_cpu: ${owner}`)
}

/** The error of a count that is at its end. The caller has changed nothing, or has taken it back. */
export function too_many(what: string, lock: number, most: string): RangeError {
  unbind()
  return new RangeError(`${what}: ${lock} counts at most ${most}`)
}

/** The error of a task that would wait for itself for ever, thrown where no watchdog would ever report it. */
export function self_deadlock(what: string, lock: number): DeadlockError {
  const cpu = smp_processor_id()
  const text = `${what}: thread ${cpu} already holds lock ${lock} and would wait for itself`
  unbind()
  return new DeadlockError(text)
}
