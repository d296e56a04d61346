/**
 * semaphore: a count of units. down takes one, or several at once; up gives them back; anybody may up.
 *
 * State    one word: units (bits 11 and up) · MANY 1024 · waiters in the slow path (0 to 9)
 *          units < wanted   the task sleeps on this word
 *          MANY             up wakes all, because the first may not be the one it is enough for: some waiter wants more than
 *                           one unit, or waits asynchronously, uncounted. Cleared by the last counted waiter that leaves and
 *                           by every asynchronous one; whoever clears it wakes all, and who needs it sets it again.
 * Lost wake-ups  up learns of waiters from the step that adds the units, and wakes one sleeper per unit, or all, each time; not
 *          only when it left zero. A waiter that is counted, or has seen or set MANY, and is not yet asleep finds the word
 *          changed. A unit is taken, and the waiter uncounted, in one step; one that gives up wakes another in its place.
 * Ends     up beyond 2^20 units, and the 1,024th thread that would sleep, get a RangeError.
 * Lifetime up touches nothing after its step but the futex queue: whoever takes the last unit may free it.
 * Fairness  newcomers barge; sleepers are woken in FIFO order. A waiter for many units may starve behind waiters for few.
 * Context  up: any. down: may sleep.
 * Source   kernel/locking/semaphore.c (which hands over in strict FIFO order: 6 to 55 times slower here).
 */
import * as access from '#access'
import { SPIN_POLLS, WRITE_ONCE, cpu_relax, fetch_and, fetch_sub, futex_wake } from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { label, struct, word } from '../mem/layout.ts'
import * as task from '../mem/task.ts'
import { BLOCKED_SEMAPHORE, clear_blocked, set_blocked } from '../mem/task.ts'
import { too_many } from './owner_word.ts'
import { ALL, deadline_in, NEVER, or_signal, park } from './park.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const cmpxchg = access.cmpxchg
const fetch_add = access.fetch_add
const READ_ONCE = access.READ_ONCE
const note_down = task.note_down
const note_up = task.note_up

export const semaphore = struct('semaphore', {
  /** Those that wait asynchronously (async.ts) sleep on the word itself. */
  async: label,
  count: word,
})
type Semaphore = Addr<'semaphore'>
const WAITERS_MASK = 0x3ff
const MANY = 0x400
const UNIT = 0x800
const UNIT_SHIFT = 11
const MOST_UNITS = 1 << 20

/** Makes a semaphore of `units`, at most 2^20. */
export function sema_init(sem: Semaphore, units: number): void {
  if (units > MOST_UNITS) throw too_many('sema_init', sem, '2^20 units')
  sema_set(sem, units)
}

/** sema_init of a caller that knows that `units` are within the limit. */
export function sema_set(sem: Semaphore, units: number): void {
  WRITE_ONCE(sem, units * UNIT)
}

/** Takes `units`; sleeps until they are there. */
export function down(sem: Semaphore, units: number = 1): void {
  might_sleep()
  if (!take(sem, units)) wait_slow(sem, units, NEVER)
}

/** Takes `units` unless a signal is or becomes pending while it sleeps. Returns 0 or -EINTR. */
export function down_interruptible(sem: Semaphore, units: number = 1): number {
  return down_timeout(sem, or_signal(NEVER), units)
}

/** Takes `units` within `timeoutNs`. Returns 0 or -ETIME. */
export function down_timeout(sem: Semaphore, timeoutNs: number, units: number = 1): number {
  might_sleep()
  return take(sem, units) ? 0 : wait_slow(sem, units, deadline_in(timeoutNs))
}

/** Takes `units` if they are there. Returns 0 if it did, 1 if not: the other way round than other trylocks, as in Linux. */
export function down_trylock(sem: Semaphore, units: number = 1): number {
  return take(sem, units) ? 0 : 1
}

/** Gives `units` back. */
export function up(sem: Semaphore, units: number = 1): void {
  if (!sema_give(sem, units)) throw too_many('up', sem, '2^20 units')
}

/** up that returns false, and gives nothing, where there would be too many. */
export function sema_give(sem: Semaphore, units: number): boolean {
  note_up(sem)
  const seen = fetch_add(sem, units * UNIT)
  if ((seen >>> UNIT_SHIFT) + units > MOST_UNITS) {
    fetch_sub(sem, units * UNIT)
    return false
  }
  if ((seen & (MANY | WAITERS_MASK)) !== 0) futex_wake(sem, (seen & MANY) !== 0 ? ALL : units)
  return true
}

/** Units that are there at this moment: a hint. */
export function sema_units(sem: Semaphore): number {
  return READ_ONCE(sem) >>> UNIT_SHIFT
}

/** Takes the units if they are there. */
function take(sem: Semaphore, units: number): boolean {
  for (;;) {
    const seen = READ_ONCE(sem)
    if (seen >>> UNIT_SHIFT < units) return false
    if (cmpxchg(sem, seen, seen - units * UNIT) === seen) break
  }
  note_down(sem)
  return true
}

/** The same by one that is counted: it leaves the waiters in the same step. */
function take_counted(sem: Semaphore, units: number): boolean {
  for (;;) {
    const seen = READ_ONCE(sem)
    if (seen >>> UNIT_SHIFT < units) return false
    const next = uncount(seen)
    if (cmpxchg(sem, seen, next - units * UNIT) !== seen) continue
    if (((seen ^ next) & MANY) !== 0) futex_wake(sem, ALL)
    note_down(sem)
    return true
  }
}

function uncount(seen: number): number {
  const next = seen - 1
  return (next & WAITERS_MASK) === 0 ? next & ~MANY : next
}

function wait_slow(sem: Semaphore, units: number, deadline: number): number {
  for (let i = 0; i < SPIN_POLLS; i++) {
    if (take(sem, units)) return 0
    cpu_relax()
  }
  join(sem)
  set_blocked(sem, BLOCKED_SEMAPHORE)
  const result = sleep(sem, units, deadline)
  clear_blocked()
  return result
}

function join(sem: Semaphore): void {
  for (;;) {
    const seen = READ_ONCE(sem)
    if ((seen & WAITERS_MASK) === WAITERS_MASK) throw too_many('down', sem, '1,023 sleepers')
    if (cmpxchg(sem, seen, seen + 1) === seen) return
  }
}

function sleep(sem: Semaphore, units: number, deadline: number): number {
  let ended = 0
  for (;;) {
    if (take_counted(sem, units)) return 0
    const seen = READ_ONCE(sem)
    if (seen >>> UNIT_SHIFT >= units) continue
    if (ended < 0) {
      if (cmpxchg(sem, seen, uncount(seen)) !== seen) continue
      futex_wake(sem, (seen & MANY) !== 0 ? ALL : 1)
      return ended
    }
    const marked = units > 1 ? seen | MANY : seen
    if (marked === seen || cmpxchg(sem, seen, marked) === seen) {
      ended = park(sem, marked, deadline)
    }
  }
}

/** Begins to wait asynchronously (async.ts). Context: as down. */
export function sema_async_begin(_sem: Semaphore): void {
  might_sleep()
}

/** One try of an asynchronous waiter. Returns 0 if it has the units, otherwise what `async` holds: wait for a change. */
export function sema_async_try(sem: Semaphore, units: number): number {
  for (;;) {
    const seen = READ_ONCE(sem)
    if (seen >>> UNIT_SHIFT < units) {
      if ((seen & MANY) !== 0 || cmpxchg(sem, seen, seen | MANY) === seen) return seen | MANY
      continue
    }
    if (cmpxchg(sem, seen, (seen & ~MANY) - units * UNIT) !== seen) continue
    if ((seen & MANY) !== 0) futex_wake(sem, ALL)
    note_down(sem)
    return 0
  }
}

/** An asynchronous waiter gives up. It may still stand in the queue, where it would swallow a wake-up for one. */
export function sema_async_end(sem: Semaphore): void {
  fetch_and(sem, ~MANY)
  futex_wake(sem, ALL)
}
