/**
 * barrier: all CPUs of a round meet.
 *
 * State    arrived 0 … need − 1; `phase` is the sense: it grows by one each time the last CPU arrives, so the barrier is
 *          ready for the next meeting at once. `sleepers` 1: somebody sleeps on `phase`, or is about to.
 * Lost wake-ups  a sleeper sets `sleepers`, then sleeps only if `phase` is unchanged; the last CPU changes `phase`, then
 *          looks at `sleepers`. Whichever came first, the other one sees it.
 * Context  sleeps without limit: no lock may be held. No spinning: with more CPUs than cores it only costs.
 */
import { fetch_add, futex_wait, futex_wake, read, READ_ONCE, WRITE_ONCE, write, xchg } from '#access'
import type { Addr } from '../base/addr.ts'
import { INT_MAX } from '../base/constants.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_BARRIER, clear_blocked, set_blocked } from '../mem/task.ts'

export const barrier = struct('barrier', { need: word, arrived: word, phase: word, sleepers: word })
const NEED = barrier.offset.need
const ARRIVED = barrier.offset.arrived
const PHASE = barrier.offset.phase
const SLEEPERS = barrier.offset.sleepers

/** Makes a barrier for `need` CPUs. While nobody uses it. */
export function barrier_init(b: Addr<'barrier'>, need: number): void {
  write(b + NEED, need)
  write(b + ARRIVED, 0)
  WRITE_ONCE(b + SLEEPERS, 0)
}

/** Waits until all CPUs have come. True for the last one. */
export function barrier_wait(b: Addr<'barrier'>): boolean {
  const seen = READ_ONCE(b + PHASE)
  if (fetch_add(b + ARRIVED, 1) + 1 === read(b + NEED)) {
    WRITE_ONCE(b + ARRIVED, 0)
    // order: the phase changes before `sleepers` is read; pairs with the store and the sleep below.
    fetch_add(b + PHASE, 1)
    if (xchg(b + SLEEPERS, 0) !== 0) futex_wake(b + PHASE, INT_MAX)
    return true
  }
  set_blocked(b, BLOCKED_BARRIER)
  while (READ_ONCE(b + PHASE) === seen) {
    WRITE_ONCE(b + SLEEPERS, 1)
    futex_wait(b + PHASE, seen)
  }
  clear_blocked()
  return false
}
