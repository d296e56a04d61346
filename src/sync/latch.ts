/**
 * latch: a count that only goes down; at 0 it is open for ever. For JavaScript users; kernel code takes a completion.
 *
 * State    one word: WAITED (sign bit) · count
 *          n            n to go, nobody sleeps
 *          n | WAITED   somebody sleeps on this word, or is about to
 *          0            open
 * Lost wake-ups  a waiter sleeps only on a word in which it has seen or set WAITED; the step to 0 takes it away and wakes all.
 *          A step in between changes the word: who is not yet asleep looks again, who sleeps sleeps on.
 * Lifetime count_down touches only the futex queue after its step.
 * Context  count_down: any. wait: may sleep.
 * Source   java.util.concurrent.CountDownLatch; std::latch.
 */
import { cmpxchg, cpu_relax, futex_wake, READ_ONCE, SPIN_POLLS, WRITE_ONCE } from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { INT_MAX } from '../base/constants.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_COMPLETION, clear_blocked, set_blocked } from '../mem/task.ts'
import { ALL, deadline_in, NEVER, park_until } from './park.ts'

export const latch = struct('latch', { count: word })
type Latch = Addr<'latch'>
const WAITED = 1 << 31

/** Makes a latch that opens after `count`. */
export function latch_init(l: Latch, count: number): void {
  WRITE_ONCE(l, count)
}

/** What is to go at this moment: a hint, but for 0. */
export function latch_count(l: Latch): number {
  return READ_ONCE(l) & INT_MAX
}

/** Counts `n` down; the last one lets all go. Returns false, and does nothing, if fewer are to go. */
export function count_down(l: Latch, n: number): boolean {
  for (;;) {
    const seen = READ_ONCE(l)
    const left = (seen & INT_MAX) - n
    if (left < 0) return false
    if (cmpxchg(l, seen, left === 0 ? 0 : seen - n) !== seen) continue
    if (left === 0 && (seen & WAITED) !== 0) futex_wake(l, ALL)
    return true
  }
}

/** Waits until it is open. */
export function latch_wait(l: Latch): void {
  wait(l, NEVER)
}

/** Waits at most `timeoutNs`. Returns 0 if it is open, or -ETIME. */
export function latch_wait_timeout(l: Latch, timeoutNs: number): number {
  return wait(l, deadline_in(timeoutNs))
}

/** One try of an asynchronous waiter. Returns 0 if it is open, otherwise what the word holds: wait for a change of it. */
export function latch_async_try(l: Latch): number {
  for (;;) {
    const seen = READ_ONCE(l)
    const marked = seen | WAITED
    if ((seen & INT_MAX) === 0) return 0
    if (marked === seen || cmpxchg(l, seen, marked) === seen) return marked
  }
}

function wait(l: Latch, deadline: number): number {
  might_sleep()
  for (let polls = SPIN_POLLS; polls >= 0; polls--) {
    if ((READ_ONCE(l) & INT_MAX) === 0) return 0
    cpu_relax()
  }
  set_blocked(l, BLOCKED_COMPLETION)
  const result = park_until(l, () => latch_async_try(l), deadline)
  clear_blocked()
  return result
}
