/**
 * Users of a gadget that comes and goes: one that is busy with it, and one that sleeps in it.
 *
 * A process is what a CPU runs from opening a file to closing it. After an error it is over and the next one begins; a
 * signal that has killed it is taken away with it.
 */
import { ktime_get_ns, write } from '#access'
import { as } from '../../../base/addr.ts'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { ETIME } from '../../../base/errno.ts'
import type { Rng } from '../../../base/rng.ts'
import {
  fence_enter,
  fence_leave,
  GADGET_READ_SIZE,
  GADGET_WAIT_ALARM,
  GADGET_WAIT_EVENT,
  GADGET_WRITE_SIZE,
  gadget_newest_devt,
  GO_EVENT,
  GO_QUIET,
} from '../../../fences/index.ts'
import * as k from '../../../kernel/index.ts'
import { beat } from '../../../machine/cpu.ts'
import { clear_signal } from '../../../sync/index.ts'
import {
  area,
  DONE,
  OTHER_FILE,
  my_buffer,
  nap,
  note_hup,
  note_op,
  note_sleep,
  PLUGGED,
  PROGRESS,
  STOP,
  stopped,
} from './area.ts'

/** How long a reader of another device stays inside, nanoseconds. */
const SLOW_NS = 2 * NSEC_PER_MSEC
/** Operations of one process at most. */
const LIFE = 64
/** Operations between two signs of progress. */
const SIGN = 16
/** Longest wait of a busy user, milliseconds. */
const PATIENCE_MS = 1
/** Longest wait for the card to come back before looking again, milliseconds. */
const PLUG_MS = 5
/** What says in poll that the device is gone. */
const OVER = k.POLLHUP | k.POLLERR
/** Operations for reports: index into the program's names. */
export const OP_OPEN = 1
export const OP_READ = 2
export const OP_WRITE = 3
export const OP_POLL = 4
export const OP_WAIT = 5
export const OP_UNPLUG = 6

/** Opens the gadget. Returns the file, or 0 after having waited for the next plug. */
function open_newest(waitMs: number): k.CharFile {
  const seen = area.value(PLUGGED)
  clear_signal()
  beat(OP_OPEN, 0)
  const f = k.chrdev_open(gadget_newest_devt(), k.O_RDWR)
  if (f > 0) return as(f)
  note_op(f)
  if (!stopped()) nap(PLUGGED, seen, waitMs * NSEC_PER_MSEC)
  return as(0)
}

function poll(f: k.CharFile, events: number, timeoutNs: number): number {
  const mask = k.sys_poll(f, events, timeoutNs)
  if (mask < 0 || (mask & OVER) === 0) return mask
  note_hup()
  return mask
}

/** One operation, chosen by a number from 0 to 15. */
function operate(f: k.CharFile, which: number, buf: number): number {
  if (which < 7) {
    beat(OP_READ, which)
    return k.sys_read(f, buf, GADGET_READ_SIZE)
  }
  if (which < 12) {
    beat(OP_WRITE, which)
    write(buf, which === 7 ? GO_EVENT : GO_QUIET)
    return k.sys_write(f, buf, GADGET_WRITE_SIZE)
  }
  if (which < 15) {
    beat(OP_POLL, which)
    return poll(f, k.POLLIN | k.POLLPRI, which < 14 ? 0 : PATIENCE_MS * NSEC_PER_MSEC)
  }
  beat(OP_WAIT, which)
  return k.sys_ioctl(f, GADGET_WAIT_EVENT, PATIENCE_MS * 1000)
}

/** True if the process is over: an error, or a poll that says so. */
function ends(which: number, ret: number): boolean {
  if (ret < 0) return ret !== -ETIME
  return which >= 12 && which < 15 && (ret & OVER) !== 0
}

/** The life of a process that is busy with the gadget. */
function live(f: k.CharFile, rng: Rng): void {
  const buf = my_buffer()
  for (let i = 1; i <= LIFE && !stopped(); i++) {
    const which = rng.below(16)
    const ret = operate(f, which, buf)
    note_op(ret)
    if (i % SIGN === 0) area.bump(PROGRESS)
    if (ends(which, ret)) return
  }
}

/** A CPU that uses the gadget until the slice is over. */
export function busy_user(rng: Rng): void {
  while (!stopped()) {
    const f = open_newest(PLUG_MS)
    if (f === 0) continue
    live(f, rng)
    k.sys_close(f)
  }
  area.bump(DONE)
}

/** Sleeps in the gadget once: in an ioctl or in poll. Returns what that returned. */
function sleep_once(f: k.CharFile, inPoll: boolean, patienceMs: number): number {
  beat(inPoll ? OP_POLL : OP_WAIT, 0)
  return inPoll
    ? poll(f, k.POLLPRI, patienceMs * NSEC_PER_MSEC)
    : k.sys_ioctl(f, GADGET_WAIT_ALARM, patienceMs * 1000)
}

/** A CPU that sleeps in the gadget until the slice is over. `wakes`: the fence wakes it. */
export function sleeper(inPoll: boolean, wakes: boolean, patienceMs: number): void {
  while (!stopped()) {
    const f = open_newest(patienceMs)
    if (f === 0) continue
    const start = ktime_get_ns()
    const ret = sleep_once(f, inPoll, patienceMs)
    note_op(ret)
    const early = ktime_get_ns() - start < patienceMs * NSEC_PER_MSEC
    const told = ret < 0 ? ret !== -ETIME : (ret & OVER) !== 0
    // Told early where nobody wakes it: it came too late to fall asleep.
    if (told && (wakes || !early)) note_sleep(early)
    k.sys_close(f)
  }
  area.bump(DONE)
}

/** A CPU that is inside another device's fence again and again, asleep, until the slice is over. Each time it says so. */
export function stranger(): void {
  const file = as<'fence_file'>(area.value(OTHER_FILE))
  while (!stopped()) {
    const token = fence_enter(file)
    area.bump(PROGRESS)
    beat(OP_READ, 0)
    nap(STOP, 0, SLOW_NS)
    fence_leave(file, token)
  }
  area.bump(DONE)
}
