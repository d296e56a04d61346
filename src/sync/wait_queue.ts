/**
 * wait_queue_head: sleep until a condition holds that others make true.
 *
 * The condition lives elsewhere. Whoever changes it calls wake_up afterwards; whoever waits tests it again after every
 * wake-up. Waiters are exclusive (one of them is enough) or not (each must look).
 *
 * State    seq, xseq: counted up by every wake-up, slept on by plain and by exclusive waiters. waiters: all of them.
 * Lost wake-ups  a waiter adds itself to `waiters`, reads the sequence, tests the condition, then sleeps on that sequence.
 *          wake_up counts up first, a full barrier after the caller's store, and then reads `waiters`. Either the waiter
 *          sees the condition, or wake_up sees the waiter and the sleep ends, or never begins.
 *          An exclusive waiter that leaves without its condition, by time or signal, wakes the next one in its place.
 * Lifetime wake_up touches the queue after the caller's store: a waiter that sees the condition may free it only when that has
 *          returned. `seq` and `xseq` wrap: a sleeper would have to miss 2^32 wake-ups.
 * Context  wake_up: any. wait_event: may sleep.
 * Source   kernel/sched/wait.c; event counts (ck_ec)
 */
import { fetch_add, fetch_sub, futex_wake, ktime_get_ns, READ_ONCE, write } from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { EINTR, ETIME } from '../base/errno.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_WAIT_QUEUE, clear_blocked, set_blocked } from '../mem/task.ts'
import { ALL, deadline_in, NEVER, or_signal, park, signal_pending } from './park.ts'

export const wait_queue_head = struct('wait_queue_head', {
  seq: word,
  xseq: word,
  waiters: word,
})
type WaitQueue = Addr<'wait_queue_head'>
const XSEQ = wait_queue_head.offset.xseq
const WAITERS = wait_queue_head.offset.waiters

/** Makes a queue without waiters. */
export function init_waitqueue_head(wq: WaitQueue): void {
  for (let i = 0; i < wait_queue_head.words; i++) write(wq + i, 0)
}

/** Wakes all plain waiters and one exclusive one. Call it after the condition has changed. */
export function wake_up(wq: WaitQueue): void {
  wake_up_nr(wq, 1)
}

/** Wakes all plain waiters and `nr` exclusive ones. */
export function wake_up_nr(wq: WaitQueue, nr: number): void {
  // order: the caller's store before both counts, both before `waiters`; pairs with prepare_to_wait.
  fetch_add(wq, 1)
  fetch_add(wq + XSEQ, 1)
  if (READ_ONCE(wq + WAITERS) === 0) return
  futex_wake(wq, ALL)
  futex_wake(wq + XSEQ, nr)
}

/** Wakes everybody. */
export function wake_up_all(wq: WaitQueue): void {
  wake_up_nr(wq, ALL)
}

/** True if somebody waits. Lock-free callers need a marked store or another full barrier before it. */
export function waitqueue_active(wq: WaitQueue): boolean {
  return READ_ONCE(wq + WAITERS) !== 0
}

/** Joins the queue. Then, in a loop: token = wait_token(…); test the condition; wait_woken(…). At last finish_wait. */
export function prepare_to_wait(wq: WaitQueue): void {
  fetch_add(wq + WAITERS, 1)
}

/** What the queue looks like now. Read it before the condition is tested, and give it to wait_woken. */
export function wait_token(wq: WaitQueue, exclusive: boolean = false): number {
  return READ_ONCE(exclusive ? wq + XSEQ : wq)
}

/**
 * Sleeps unless somebody has been woken since `token`.
 * @param deadline instant in ns, NEVER for none
 * @returns what park returns: FUTEX_WOKEN, FUTEX_MISMATCH, -ETIME, -EINTR
 */
export function wait_woken(
  wq: WaitQueue,
  token: number,
  exclusive: boolean = false,
  deadline: number = NEVER,
  interruptible: boolean = false,
): number {
  // Here and not in prepare_to_wait: the condition may sleep on a lock, and what it says of that would be the last word.
  set_blocked(wq, BLOCKED_WAIT_QUEUE)
  const how = park(exclusive ? wq + XSEQ : wq, token, interruptible ? or_signal(deadline) : deadline)
  clear_blocked()
  return how
}

/** Leaves the queue. */
export function finish_wait(wq: WaitQueue): void {
  fetch_sub(wq + WAITERS, 1)
}

/** Waits until `condition()` is true. It is called often and must not sleep. */
export function wait_event(wq: WaitQueue, condition: () => boolean): void {
  might_sleep()
  if (!condition()) wait_slow(wq, condition, false, NEVER, false)
}

/** wait_event as an exclusive waiter: one wake_up is for one of them. */
export function wait_event_exclusive(wq: WaitQueue, condition: () => boolean): void {
  might_sleep()
  if (!condition()) wait_slow(wq, condition, true, NEVER, false)
}

/** Waits until `condition()` is true or a signal is pending. Returns 0 or -EINTR (Linux: -ERESTARTSYS). */
export function wait_event_interruptible(wq: WaitQueue, condition: () => boolean): number {
  might_sleep()
  return condition() || wait_slow(wq, condition, false, NEVER, true) ? 0 : -EINTR
}

/** wait_event_interruptible as an exclusive waiter. */
export function wait_event_interruptible_exclusive(wq: WaitQueue, condition: () => boolean): number {
  might_sleep()
  return condition() || wait_slow(wq, condition, true, NEVER, true) ? 0 : -EINTR
}

/** Waits at most `timeoutNs`. Returns 0 if the condition is still false, otherwise the nanoseconds left, at least 1. */
export function wait_event_timeout(wq: WaitQueue, condition: () => boolean, timeoutNs: number): number {
  might_sleep()
  const deadline = deadline_in(timeoutNs)
  if (!condition() && !wait_slow(wq, condition, false, deadline, false)) return 0
  return Math.max(1, deadline - ktime_get_ns())
}

function wait_slow(
  wq: WaitQueue,
  condition: () => boolean,
  exclusive: boolean,
  deadline: number,
  interruptible: boolean,
): boolean {
  let expired = false
  let met = false
  prepare_to_wait(wq)
  for (;;) {
    const token = wait_token(wq, exclusive)
    met = condition()
    if (met || expired || (interruptible && signal_pending())) break
    expired = wait_woken(wq, token, exclusive, deadline, interruptible) === -ETIME
  }
  finish_wait(wq)
  if (exclusive && !met) futex_wake(wq + XSEQ, 1)
  return met
}
