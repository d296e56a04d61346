/**
 * barrier: the last of `parties` that arrives lets all go, as often as they like.
 *
 * State    round: counted up by the last one, and slept on. arrived: how many of this round are here, in the lower 16 bits, and the
 *          lower 16 bits of the round above them.
 * Lost wake-ups  a party reads round before it counts itself. The last one resets `arrived`, then changes round, then wakes.
 * Giving up      a party uncounts itself unless all have arrived: then the round is about to end, and it passes. The round beside
 *          the count tells it from the count of the next round, which may have begun; that one cannot end without this party.
 * Context  may sleep.
 */
import { cmpxchg, fetch_add, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { ETIME } from '../base/errno.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_BARRIER, clear_blocked, set_blocked } from '../mem/task.ts'
import { ALL, deadline_in, NEVER, park } from './park.ts'

export const barrier = struct('barrier', { round: word, arrived: word, parties: word })
type Barrier = Addr<'barrier'>
const ARRIVED = 1 // barrier.arrived
const PARTIES = 2 // barrier.parties
const ROUND_SHIFT = 16
/** Most parties; also the bits of `arrived` that count. */
export const MAX_PARTIES = (1 << ROUND_SHIFT) - 1

/** Makes a barrier for that many parties, 1 to MAX_PARTIES. */
export function barrier_init(b: Barrier, parties: number): void {
  write(b, 0)
  write(b + ARRIVED, 0)
  write(b + PARTIES, parties)
}

/** Counts one party in; the last one lets all go. Returns true to that one. */
export function barrier_arrive(b: Barrier): boolean {
  const others = fetch_add(b + ARRIVED, 1) & MAX_PARTIES
  if (others + 1 !== read(b + PARTIES)) return false
  WRITE_ONCE(b + ARRIVED, (READ_ONCE(b) + 1) << ROUND_SHIFT)
  fetch_add(b, 1)
  if (others > 0) futex_wake(b, ALL)
  return true
}

/** One that has arrived in that round gives up. Returns false if it cannot: all have arrived, and it passes. */
export function barrier_withdraw(b: Barrier, round: number): boolean {
  for (;;) {
    const seen = READ_ONCE(b + ARRIVED)
    const ended = seen >> ROUND_SHIFT !== (round << ROUND_SHIFT) >> ROUND_SHIFT
    if (ended || (seen & MAX_PARTIES) === read(b + PARTIES)) return false
    if (cmpxchg(b + ARRIVED, seen, seen - 1) === seen) return true
  }
}

/** Waits until all parties are here. Returns true to one of them, the last. */
export function barrier_wait(b: Barrier): boolean {
  return wait(b, NEVER) > 0
}

/** Waits at most `timeoutNs`. Returns 0 if all parties met; -ETIME if the time was up, then this party has not arrived. */
export function barrier_wait_timeout(b: Barrier, timeoutNs: number): number {
  return Math.min(wait(b, timeoutNs), 0)
}

/** Returns 1 to the last, 0 to the others, -ETIME. */
function wait(b: Barrier, timeoutNs: number): number {
  might_sleep()
  const round = READ_ONCE(b)
  if (barrier_arrive(b)) return 1
  let deadline = deadline_in(timeoutNs)
  let result = 0
  set_blocked(b, BLOCKED_BARRIER)
  while (result === 0 && READ_ONCE(b) === round) {
    if (park(b, round, deadline) >= 0) continue
    if (barrier_withdraw(b, round)) result = -ETIME
    else deadline = NEVER
  }
  clear_blocked()
  return result
}
