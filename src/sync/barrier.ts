/**
 * barrier: the last of `parties` that arrives lets all go, as often as they like.
 *
 * State    arrived: how many of this round are here. round: counted up by the last one, and slept on.
 * Lost wake-ups  a party reads round before it counts itself. The last one resets `arrived`, then changes round, then wakes.
 * Context  may sleep.
 */
import { fetch_add, futex_wait, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_BARRIER, clear_blocked, set_blocked } from '../mem/task.ts'
import { ALL } from './park.ts'

export const barrier = struct('barrier', { round: word, arrived: word, parties: word })
type Barrier = Addr<'barrier'>
const ARRIVED = barrier.offset.arrived
const PARTIES = barrier.offset.parties

/** Makes a barrier for that many parties, at least 1. */
export function barrier_init(b: Barrier, parties: number): void {
  write(b, 0)
  write(b + ARRIVED, 0)
  write(b + PARTIES, parties)
}

/** Counts one party in; the last one lets all go. Returns true to that one. */
export function barrier_arrive(b: Barrier): boolean {
  if (fetch_add(b + ARRIVED, 1) + 1 !== read(b + PARTIES)) return false
  WRITE_ONCE(b + ARRIVED, 0)
  fetch_add(b, 1)
  futex_wake(b, ALL)
  return true
}

/** Waits until all parties are here. Returns true to one of them, the last. */
export function barrier_wait(b: Barrier): boolean {
  might_sleep()
  const round = READ_ONCE(b)
  if (barrier_arrive(b)) return true
  set_blocked(b, BLOCKED_BARRIER)
  while (READ_ONCE(b) === round) futex_wait(b, round)
  clear_blocked()
  return false
}
