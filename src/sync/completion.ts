/**
 * completion: "it is done" as a count. complete() is remembered until somebody waits for it.
 *
 * State    one word: ALL (sign bit) · done (bits 11 to 30) · ASYNC 1024 · waiters in the slow path (0 to 9)
 *          done 0, ALL clear    not done: waiters sleep on this word
 *          done n               n waiters may pass; one that passes takes one and, in the same step, leaves
 *          ALL                  everybody passes, for ever, until reinit_completion
 *          ASYNC                somebody waits asynchronously, uncounted: complete() wakes all
 * Lost wake-ups  complete() learns of waiters from the step that changes `done`, and wakes one sleeper each time, or all, not
 *          only when it left 0. A waiter that is counted, or has seen or set ASYNC, and is not yet asleep finds the word
 *          changed. An asynchronous waiter that passes or gives up clears ASYNC and wakes all: the others set it again.
 * Ends     complete() of one that counts 2^20 − 1 already, and the 1,024th thread that would sleep, get a RangeError.
 * Lifetime complete() touches only the futex queue after that step: a completion may live on the waiter's stack.
 * Context  complete: any. wait: may sleep.
 * Source   kernel/sched/completion.c
 */
import {
  cmpxchg,
  cpu_relax,
  fetch_and,
  fetch_or,
  futex_wake,
  ktime_get_ns,
  READ_ONCE,
  SPIN_POLLS,
  WRITE_ONCE,
} from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { ETIME } from '../base/errno.ts'
import { label, struct, word } from '../mem/layout.ts'
import { BLOCKED_COMPLETION, clear_blocked, set_blocked } from '../mem/task.ts'
import { too_many } from './owner_word.ts'
import { ALL, deadline_in, NEVER, or_signal, park } from './park.ts'

export const completion = struct('completion', {
  /** Those that wait asynchronously (async.ts) sleep on the word itself. */
  async: label,
  done: word,
})
type Completion = Addr<'completion'>
const WAITERS_MASK = 0x3ff
const ASYNC = 0x400
const DONE = 0x800
const DONE_SHIFT = 11
/** Everything but the waiters. */
const DONE_MASK = ~(WAITERS_MASK | ASYNC)
/** The largest `done`. */
const DONE_MAX = 0x7fff_ffff & DONE_MASK
const COMPLETE_ALL = 1 << 31

/** Makes a completion that is not done. Never on one that somebody may use: see reinit_completion. */
export function init_completion(x: Completion): void {
  WRITE_ONCE(x, 0)
}

/** Makes a completion not done again, after complete_all or before the next round. Nobody may be waiting. */
export function reinit_completion(x: Completion): void {
  fetch_and(x, ~DONE_MASK)
}

/** Lets one waiter pass: the one that has slept longest, or the next to come. */
export function complete(x: Completion): void {
  for (;;) {
    const seen = READ_ONCE(x)
    if (seen < 0) return
    if (seen >= DONE_MAX) throw too_many('complete', x, '2^20 − 1 completions that nobody has waited for')
    if (cmpxchg(x, seen, seen + DONE) !== seen) continue
    wake(x, seen, 1)
    return
  }
}

/** Lets every waiter pass, now and later. */
export function complete_all(x: Completion): void {
  wake(x, fetch_or(x, COMPLETE_ALL), ALL)
}

function wake(x: Completion, seen: number, n: number): void {
  if ((seen & ASYNC) !== 0) futex_wake(x, ALL)
  else if ((seen & WAITERS_MASK) !== 0) futex_wake(x, n)
}

/** Passes if it is done, without waiting. Returns true if it was. */
export function try_wait_for_completion(x: Completion): boolean {
  return take(x, 0)
}

/** True if a waiter would pass now: a hint. */
export function completion_done(x: Completion): boolean {
  return is_done(READ_ONCE(x))
}

/** How many waits would pass at this moment, of a completion that is not done for all: a hint. */
export function completion_count(x: Completion): number {
  return (READ_ONCE(x) & DONE_MAX) >> DONE_SHIFT
}

/** Waits until it is done. */
export function wait_for_completion(x: Completion): void {
  might_sleep()
  if (!take(x, 0)) wait_slow(x, NEVER)
}

/** Waits until it is done or a signal is pending. Returns 0 or -EINTR (Linux: -ERESTARTSYS). */
export function wait_for_completion_interruptible(x: Completion): number {
  might_sleep()
  return take(x, 0) ? 0 : wait_slow(x, or_signal(NEVER))
}

/** Waits at most `timeoutNs`. Returns 0 when the time is up, otherwise the nanoseconds left, at least 1. */
export function wait_for_completion_timeout(x: Completion, timeoutNs: number): number {
  might_sleep()
  const deadline = deadline_in(timeoutNs)
  if (!take(x, 0) && wait_slow(x, deadline) !== 0) return 0
  return Math.max(1, deadline - ktime_get_ns())
}

/**
 * Waits at most `timeoutNs`, or until a signal is pending. Returns 0 when the time is up, -EINTR (Linux: -ERESTARTSYS) for a
 * signal, otherwise the nanoseconds left, at least 1.
 */
export function wait_for_completion_interruptible_timeout(x: Completion, timeoutNs: number): number {
  might_sleep()
  const deadline = deadline_in(timeoutNs)
  const error = take(x, 0) ? 0 : wait_slow(x, or_signal(deadline))
  if (error !== 0) return error === -ETIME ? 0 : error
  return Math.max(1, deadline - ktime_get_ns())
}

function is_done(seen: number): boolean {
  return (seen & DONE_MASK) !== 0
}

/** Passes if it is done, and leaves the waiters in the same step if `counted` is 1. */
function take(x: Completion, counted: number): boolean {
  for (;;) {
    const seen = READ_ONCE(x)
    if (!is_done(seen)) return false
    if (seen < 0 && counted === 0) return true
    if (cmpxchg(x, seen, seen - counted - (seen < 0 ? 0 : DONE)) === seen) return true
  }
}

function wait_slow(x: Completion, deadline: number): number {
  for (let i = 0; i < SPIN_POLLS; i++) {
    if (take(x, 0)) return 0
    cpu_relax()
  }
  join(x)
  set_blocked(x, BLOCKED_COMPLETION)
  const result = sleep(x, deadline)
  clear_blocked()
  return result
}

function join(x: Completion): void {
  for (;;) {
    const seen = READ_ONCE(x)
    if ((seen & WAITERS_MASK) === WAITERS_MASK) throw too_many('wait_for_completion', x, '1,023 sleepers')
    if (cmpxchg(x, seen, seen + 1) === seen) return
  }
}

function sleep(x: Completion, deadline: number): number {
  let ended = 0
  for (;;) {
    if (take(x, 1)) return 0
    const seen = READ_ONCE(x)
    if (is_done(seen)) continue
    if (ended < 0) {
      if (cmpxchg(x, seen, seen - 1) === seen) return ended
    } else {
      ended = park(x, seen, deadline)
    }
  }
}

/** Begins to wait asynchronously (async.ts). Context: as wait_for_completion. */
export function completion_async_begin(_x: Completion): void {
  might_sleep()
}

/** One try of an asynchronous waiter. Returns 0 if it may pass, otherwise what `async` holds: wait for a change. */
export function completion_async_try(x: Completion): number {
  for (;;) {
    const seen = READ_ONCE(x)
    if (!is_done(seen)) {
      if ((seen & ASYNC) !== 0 || cmpxchg(x, seen, seen | ASYNC) === seen) return seen | ASYNC
      continue
    }
    if (cmpxchg(x, seen, (seen & ~ASYNC) - (seen < 0 ? 0 : DONE)) !== seen) continue
    if ((seen & ASYNC) !== 0) futex_wake(x, ALL)
    return 0
  }
}

/** An asynchronous waiter gives up. It may still stand in the queue, where it would swallow a wake-up for one. */
export function completion_async_end(x: Completion): void {
  fetch_and(x, ~ASYNC)
  futex_wake(x, ALL)
}
