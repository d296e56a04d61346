/**
 * Waiting in a device behind a fence: in a call, and in poll.
 *
 * fence_wait gives the fence back while it sleeps and takes it anew, so that a sleeper does not delay the kill; members that
 * keep it do delay it, until they are woken.
 *
 * Lost wake-ups  the word to the sleepers, between the halves of the kill, reaches who has read the token of the queue by then. Who is
 *                inside and has not must ask by itself whether the device is gone, after it has: "gone" is part of what ends
 *                the sleep, also for who will be refused by fence_enter afterwards, since nobody wakes it for that.
 * Context        sleeps.
 */
import { fetch_add, fetch_sub, ktime_get_ns, read, READ_ONCE } from '#access'
import { NSEC_PER_USEC } from '../base/constants.ts'
import { EINTR, ETIME } from '../base/errno.ts'
import { POLL_GONE, poll_queue, poll_wait, type PollTable } from '../kernel/cdev/chardev_poll.ts'
import {
  deadline_in,
  finish_wait,
  NEVER,
  prepare_to_wait,
  signal_pending,
  wait_token,
  wait_woken,
} from '../sync/index.ts'
import { fence_enter, fence_leave, fence_of } from './fence.ts'
import { fence, type_of, type Fence, type FenceFile } from './fence_struct.ts'

const F = fence.offset
/** Nothing ends the wait yet. */
const SLEEP = 0
/** What was waited for is there. */
const READY = 1

/** Sleeps once. Returns true when the time is up. */
function sleep_once(f: Fence, seen: number, deadline: number): boolean {
  const looks = type_of(f).looks === true
  const next = looks ? deadline_in(read(f + F.timeout_us) * NSEC_PER_USEC) : NEVER
  fetch_add(f + F.asleep, 1)
  const how = wait_woken(poll_queue.at.wq(fence.at.wait(f)), seen, false, Math.min(deadline, next), true)
  fetch_sub(f + F.asleep, 1)
  return how === -ETIME
}

/** Why the wait is over, or SLEEP. Inside. */
function ends(f: Fence, ready: boolean, timedOut: boolean): number {
  if (ready) return READY
  const { wakes, waits, gone } = type_of(f)
  // Where nobody is told, nobody asks.
  if (wakes && !waits && READ_ONCE(f + F.alive) === 0) return gone
  if (timedOut) return -ETIME
  return signal_pending() ? -EINTR : SLEEP
}

/**
 * Waits, inside the fence on entry, until `ready(arg)`, which is asked inside, is true.
 * @param timeoutNs NEVER for no limit
 * @returns the token of the fence, which the caller is inside of again; or, outside: what fence_enter says, -ETIME, -EINTR
 */
export function fence_wait(
  file: FenceFile,
  entered: number,
  ready: (arg: number) => boolean,
  arg: number,
  timeoutNs: number,
): number {
  const f = fence_of(file)
  const keeps = type_of(f).keeps === true
  const wq = poll_queue.at.wq(fence.at.wait(f))
  const deadline = deadline_in(timeoutNs)
  let token = entered
  for (let late = false; ;) {
    prepare_to_wait(wq)
    const seen = wait_token(wq)
    const end = ends(f, ready(arg), late && ktime_get_ns() >= deadline)
    if (end !== READY && !(keeps && end === SLEEP)) fence_leave(file, token)
    if (end === SLEEP) late = sleep_once(f, seen, deadline)
    finish_wait(wq)
    if (end === READY) return token
    if (end === SLEEP && !keeps) token = fence_enter(file)
    const refused = end === SLEEP ? token : end
    if (refused === type_of(f).gone) fetch_add(f + (late ? F.left : F.woken), 1)
    if (refused < 0) return refused
  }
}

/** Joins the queue of a poll and enters. Returns the token, or a negative errno: answer fence_gone_mask. */
export function fence_poll(file: FenceFile, table: PollTable): number {
  poll_wait(fence.at.wait(fence_of(file)), table)
  return fence_enter(file)
}

/** What poll answers when the device is gone. */
export function fence_gone_mask(file: FenceFile): number {
  return type_of(fence_of(file)).gone_mask ?? POLL_GONE
}
