/**
 * semaphore: a count of units. down takes one, or several at once; up gives them back; anybody may up.
 *
 * State    one word: units (bits 11 and up) · MANY 1024 · waiters in the slow path (0 to 9)
 *          units < wanted   the task sleeps on this word
 *          MANY             some waiter wants more than one unit: up wakes all, because the first may not be the one it is
 *                           enough for. Cleared by the last waiter that leaves.
 * Lost wake-ups  up learns of waiters from the step that adds the units, and wakes one sleeper per unit, or all, each time; not
 *          only when it left zero. A waiter that is counted and not yet asleep finds the word changed. A unit is taken, and
 *          the waiter uncounted, in one step; one that gives up wakes another in its place.
 * Fairness  newcomers barge; sleepers are woken in FIFO order. A waiter for many units may starve behind waiters for few.
 * Context  up: any. down: may sleep.
 * Source   kernel/locking/semaphore.c (which hands over in strict FIFO order: 6 to 55 times slower here).
 */
import * as access from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { EINTR, ETIME } from '../base/errno.ts'
import { struct, word } from '../mem/layout.ts'
import * as task from '../mem/task.ts'
import { ALL, deadline_in, NEVER, park, signal_pending } from './park.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const {
  cmpxchg,
  cpu_relax,
  FUTEX_TIMEDOUT,
  fetch_add,
  fetch_sub,
  futex_wake,
  READ_ONCE,
  SPIN_POLLS,
  WRITE_ONCE,
} = access
const { BLOCKED_SEMAPHORE, clear_blocked, note_down, note_up, set_blocked } = task

export const semaphore = struct('semaphore', {
  count: word,
  /** 0, or how often those that wait asynchronously (async.ts) have been told to look again. */
  async: word,
})
type Semaphore = Addr<'semaphore'>
const ASYNC = semaphore.offset.async
const WAITERS_MASK = 0x3ff
const MANY = 0x400
const UNIT = 0x800
const UNIT_SHIFT = 11

/** Makes a semaphore of `units`, at most 2^20. */
export function sema_init(sem: Semaphore, units: number): void {
  WRITE_ONCE(sem + ASYNC, 0)
  WRITE_ONCE(sem, units * UNIT)
}

/** Takes `units`; sleeps until they are there. */
export function down(sem: Semaphore, units: number = 1): void {
  might_sleep()
  if (!take(sem, units, 0)) wait_slow(sem, units, NEVER, false)
}

/** Takes `units` unless a signal is or becomes pending while it sleeps. Returns 0 or -EINTR. */
export function down_interruptible(sem: Semaphore, units: number = 1): number {
  might_sleep()
  return take(sem, units, 0) ? 0 : wait_slow(sem, units, NEVER, true)
}

/** Takes `units` within `timeoutNs`. Returns 0 or -ETIME. */
export function down_timeout(sem: Semaphore, timeoutNs: number, units: number = 1): number {
  might_sleep()
  return take(sem, units, 0) ? 0 : wait_slow(sem, units, deadline_in(timeoutNs), false)
}

/** Takes `units` if they are there. Returns 0 if it did, 1 if not: the other way round than other trylocks, as in Linux. */
export function down_trylock(sem: Semaphore, units: number = 1): number {
  return take(sem, units, 0) ? 0 : 1
}

/** Gives `units` back. */
export function up(sem: Semaphore, units: number = 1): void {
  note_up(sem)
  const seen = fetch_add(sem, units * UNIT)
  if ((seen & WAITERS_MASK) !== 0) up_slow(sem, (seen & MANY) !== 0 ? ALL : units)
}

function up_slow(sem: Semaphore, n: number): void {
  futex_wake(sem, n)
  if (READ_ONCE(sem + ASYNC) === 0) return
  fetch_add(sem + ASYNC, 2)
  futex_wake(sem + ASYNC, ALL)
}

/** Units that are there at this moment: a hint. */
export function sema_units(sem: Semaphore): number {
  return READ_ONCE(sem) >>> UNIT_SHIFT
}

/** Takes the units if they are there, and leaves the waiters in the same step if `counted` is 1. */
function take(sem: Semaphore, units: number, counted: number): boolean {
  for (;;) {
    const seen = READ_ONCE(sem)
    if (seen >>> UNIT_SHIFT < units) return false
    if (cmpxchg(sem, seen, uncount(seen, counted) - units * UNIT) !== seen) continue
    note_down(sem)
    return true
  }
}

function uncount(seen: number, counted: number): number {
  const next = seen - counted
  return counted !== 0 && (next & WAITERS_MASK) === 0 ? next & ~MANY : next
}

function wait_slow(sem: Semaphore, units: number, deadline: number, interruptible: boolean): number {
  for (let i = 0; i < SPIN_POLLS; i++) {
    if (take(sem, units, 0)) return 0
    cpu_relax()
  }
  set_blocked(sem, BLOCKED_SEMAPHORE)
  fetch_add(sem, 1)
  const result = sleep(sem, units, deadline, interruptible)
  clear_blocked()
  return result
}

function sleep(sem: Semaphore, units: number, deadline: number, interruptible: boolean): number {
  let expired = false
  for (;;) {
    if (take(sem, units, 1)) return 0
    const seen = READ_ONCE(sem)
    if (seen >>> UNIT_SHIFT >= units) continue
    if (expired || (interruptible && signal_pending())) {
      if (cmpxchg(sem, seen, uncount(seen, 1)) !== seen) continue
      futex_wake(sem, 1)
      return expired ? -ETIME : -EINTR
    }
    const marked = units > 1 ? seen | MANY : seen
    if (marked === seen || cmpxchg(sem, seen, marked) === seen) {
      expired = park(sem, marked, deadline, interruptible) === FUTEX_TIMEDOUT
    }
  }
}

/** Joins those that wait asynchronously. The word stays odd, so never 0 again. */
export function sema_async_begin(sem: Semaphore): void {
  cmpxchg(sem + ASYNC, 0, 1)
  fetch_add(sem, 1)
}

/** One try of an asynchronous waiter. Returns 0 if it has the units, otherwise the value of the async word to wait for a change of. */
export function sema_async_try(sem: Semaphore, units: number): number {
  const told = READ_ONCE(sem + ASYNC)
  return take(sem, units, 1) ? 0 : told
}

/** An asynchronous waiter gives up. */
export function sema_async_end(sem: Semaphore): void {
  fetch_sub(sem, 1)
}
