/**
 * percpu_ref: a reference count that is cheap while it cannot reach zero.
 *
 * While it lives, get and put add to a counter of the running CPU, on its own cache line; a put may happen on another CPU
 * than the get, so single counters may be negative and nobody knows the sum. percpu_ref_kill switches to one shared count.
 *
 * State of a slot   counts by 2; bit 0 DEAD: the slot does not move; whoever sees it goes to `count`.
 * State of `count`  BIAS + 1     while it lives, and until every slot is collected, so that it cannot reach 0 early
 *                   n > 0        killed, n references left
 *                   0            killed, none left: waiters sleep on this word and are woken by whoever made it 0
 * Invariant  a slot moves only while DEAD is clear, so every step was made before kill collected the slot, and is in its sum.
 *            So after kill, `count` is exact, in this life and in the next.
 * Ends       a slot wraps: only the sum of all counts, and that is exact modulo 2^31, of which a count in range needs 30 bits. A
 *            shared count driven past 2^31 − 1, or below 0, stays negative for ever, as in refcount.ts: leaked, not freed under a user.
 * Lifetime   the put that makes `count` 0 touches nothing after it but the futex queue.
 * Context    get and put: any. percpu_ref_wait: may sleep.
 * lockdep    does not follow it, as in Linux (no dep_map): the put may be another task's, so nobody holds it. A circle through
 *            percpu_ref_wait is found when it hangs.
 * Source     lib/percpu-refcount.c; the switch needs no grace period here, because each step tests the flag that it writes beside.
 */
import * as access from '#access'
import { might_sleep, trace_point } from '#trace'
import type { Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS, INT_MAX } from '../base/constants.ts'
import { ENOMEM } from '../base/errno.ts'
import { num_possible_cpus } from '../mem/arena.ts'
import { struct, word } from '../mem/layout.ts'
import { alloc_percpu, free_percpu } from '../mem/percpu.ts'
import { BLOCKED_REFCOUNT, clear_blocked, set_blocked } from '../mem/task.ts'
import { ALL } from './park.ts'
import { REFCOUNT_SATURATED } from './refcount.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const cmpxchg = access.cmpxchg
const data_race = access.data_race
const fetch_and = access.fetch_and
const fetch_or = access.fetch_or
const fetch_sub = access.fetch_sub
const futex_wait = access.futex_wait
const futex_wake = access.futex_wake
const read = access.read
const READ_ONCE = access.READ_ONCE
const smp_processor_id = access.smp_processor_id
const write = access.write
const WRITE_ONCE = access.WRITE_ONCE

export const percpu_ref = struct('percpu_ref', {
  count: word,
  /** 1: killed. */
  dying: word,
  /** Counters, one cache line per CPU. */
  slots: word,
})
type PercpuRef = Addr<'percpu_ref'>
const DYING = percpu_ref.offset.dying
const SLOTS = percpu_ref.offset.slots

const STEP = 2
const DEAD = 1
const BIAS = 0x4000_0000
const STRIDE = CACHE_LINE_WORDS

/** Makes a living reference count of 1, the reference that kill drops. Returns 0 or -ENOMEM. */
export function percpu_ref_init(ref: PercpuRef, _name: string): number {
  const slots = alloc_percpu(STRIDE)
  if (slots === 0) return -ENOMEM
  write(ref + SLOTS, slots)
  write(ref + DYING, 0)
  WRITE_ONCE(ref, BIAS + 1)
  return 0
}

/** Gives the counters back. Nobody may use the reference count any more. */
export function percpu_ref_exit(ref: PercpuRef): void {
  free_percpu(read(ref + SLOTS), STRIDE)
  write(ref + SLOTS, 0)
}

/** Adds a reference; the caller has one already, or knows that the count lives. */
export function percpu_ref_get(ref: PercpuRef): void {
  if (!step(ref, STEP) && !hold(ref)) saturate(ref, 'percpu_ref: addition on 0; use-after-free.')
}

/** Adds a reference unless the count has been killed. Returns true if it did. */
export function percpu_ref_tryget_live(ref: PercpuRef): boolean {
  return step(ref, STEP)
}

/** Adds a reference unless the count is 0. Returns true if it did; works on a dying object too. */
export function percpu_ref_tryget(ref: PercpuRef): boolean {
  return step(ref, STEP) || hold(ref)
}

/** Drops a reference. */
export function percpu_ref_put(ref: PercpuRef): void {
  if (!step(ref, -STEP)) drop(ref, 1)
}

/** Adds to the shared count unless it is 0. */
function hold(ref: PercpuRef): boolean {
  for (;;) {
    const count = READ_ONCE(ref)
    if (count === 0) return false
    if (count < 0 || count === INT_MAX) {
      saturate(ref, 'percpu_ref: saturated; leaking memory.')
      return true
    }
    if (cmpxchg(ref, count, count + 1) === count) return true
  }
}

function saturate(ref: PercpuRef, text: string): void {
  WRITE_ONCE(ref, REFCOUNT_SATURATED)
  trace_point(text)
}

/**
 * Moves this CPU's counter; returns false if it is dead. The flag is tested in the step that moves: a step that were taken
 * back afterwards could be counted by the end of another life, after percpu_ref_reinit.
 */
function step(ref: PercpuRef, by: number): boolean {
  const slot = read(ref + SLOTS) + smp_processor_id() * STRIDE
  // Only this CPU moves its counter, but for kill and reinit: the guess is nearly always right.
  let seen = data_race(slot)
  while ((seen & DEAD) === 0) {
    const found = cmpxchg(slot, seen, seen + by)
    if (found === seen) return true
    seen = found
  }
  return false
}

function drop(ref: PercpuRef, n: number): void {
  const left = fetch_sub(ref, n) - n
  if (left === 0) futex_wake(ref, ALL)
  else if (left < 0) saturate(ref, 'percpu_ref: underflow; use-after-free.')
}

/** Ends the life: tryget_live fails from now on, and the first reference is dropped. Once only. */
export function percpu_ref_kill(ref: PercpuRef): void {
  if (cmpxchg(ref + DYING, 0, 1) !== 0) {
    trace_point('percpu_ref_kill called more than once')
    return
  }
  let sum = 0
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    const slot = read(ref + SLOTS) + cpu * STRIDE
    // order: the flag and the value in one step; pairs with `step`.
    const seen = fetch_or(slot, DEAD)
    fetch_sub(slot, seen)
    sum += seen >> 1
  }
  // The true sum is less than 2^30 either way: what is left of it modulo 2^31 says which.
  drop(ref, BIAS + 1 - ((sum << 1) >> 1))
}

/** Waits until a killed count has reached 0. */
export function percpu_ref_wait(ref: PercpuRef): void {
  might_sleep()
  set_blocked(ref, BLOCKED_REFCOUNT)
  for (let count = READ_ONCE(ref); count !== 0; count = READ_ONCE(ref)) futex_wait(ref, count)
  clear_blocked()
}

/** Lets a killed count that has reached 0 live again, with one reference. */
export function percpu_ref_reinit(ref: PercpuRef): void {
  WRITE_ONCE(ref, BIAS + 1)
  WRITE_ONCE(ref + DYING, 0)
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    fetch_and(read(ref + SLOTS) + cpu * STRIDE, ~DEAD)
  }
}

/** True after kill. */
export function percpu_ref_is_dying(ref: PercpuRef): boolean {
  return READ_ONCE(ref + DYING) !== 0
}

/** True if a killed count has no references left. */
export function percpu_ref_is_zero(ref: PercpuRef): boolean {
  return READ_ONCE(ref) === 0
}
