/**
 * The tasks of a lock torture: writers and readers, and one that sends signals.
 *
 * Checks   a writer that has the lock finds no writer and no reader inside; a reader finds no writer, and no update of the
 *          guarded word while it is inside. At rest the guarded word equals the number of acquisitions.
 * Source   kernel/locking/locktorture.c
 */
import { fetch_add, fetch_sub, ktime_get_ns, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { NSEC_PER_MSEC, NSEC_PER_USEC } from '../../base/constants.ts'
import { send_signal } from '../../sync/park.ts'
import { FIRST_CPU } from '../control.ts'
import type { TortureTask } from '../task.ts'
import type { LockOps } from './ops.ts'
import { lock_torture, MAX_NESTED } from './state.ts'

export const COUNTERS = [
  'acquired_write',
  'acquired_read',
  'nested',
  'slow',
  'signals',
  'fail_writer_writer',
  'fail_writer_reader',
  'fail_reader_writer',
] as const
// Indices into COUNTERS.
const WRITE = 0
const READ = 1
const NESTED = 2
const SLOW = 3
const SIGNALS = 4
const WRITER_WRITER = 5
const WRITER_READER = 6
const READER_WRITER = 7

const AT = lock_torture.offset
const { writing: WRITING, reading: READING, guarded: GUARDED, released: RELEASED, inner: INNER } = AT

/** Iterations after which a task sleeps for a jiffy, so that the others meet a lock at peace. */
const REST_EVERY = 1 << 18

/** Stays inside for a while, now and then: long, for a few microseconds, or off the CPU. */
function delay(task: TortureTask, sleeps: boolean): void {
  const { long_hold } = task.params
  const scale = task.of
  if (long_hold > 0 && task.one_in(scale * 2000 * 100)) {
    if (sleeps) task.nap(long_hold * NSEC_PER_MSEC)
    else task.udelay(long_hold * 1000)
  }
  if (task.one_in(scale * 200)) task.udelay(2)
  if (sleeps && task.one_in(scale * 1000)) task.nap(50 * NSEC_PER_USEC)
}

function lockNested(task: TortureTask, ops: LockOps, set: number): void {
  const { state } = task
  for (let i = 0; i < MAX_NESTED; i++) {
    if ((set & (1 << i)) === 0) continue
    ops.nestedlock?.(read(state + AT.nested) + i * read(state + AT.stride), i)
    const inner = read(state + INNER) + i
    write(inner, read(inner) + 1)
    task.count(NESTED)
  }
}

function unlockNested(task: TortureTask, ops: LockOps, set: number): void {
  const { state } = task
  for (let i = MAX_NESTED - 1; i >= 0; i--) {
    if ((set & (1 << i)) !== 0) ops.writeunlock(read(state + AT.nested) + i * read(state + AT.stride))
  }
}

function nowMs(): number {
  return Math.floor(ktime_get_ns() / NSEC_PER_MSEC) | 0
}

function insideWrite(task: TortureTask, ops: LockOps): void {
  const { state, params } = task
  if (params.acq_writer_lim > 0) {
    const released = read(state + RELEASED)
    if (released !== 0 && nowMs() - released > params.acq_writer_lim) task.count(SLOW)
  }
  if (READ_ONCE(state + WRITING) !== 0) task.count(WRITER_WRITER)
  WRITE_ONCE(state + WRITING, 1)
  if (READ_ONCE(state + READING) !== 0) task.count(WRITER_READER)
  write(state + GUARDED, read(state + GUARDED) + 1)
  task.count(WRITE)
  delay(task, ops.sleeps)
  if (params.acq_writer_lim > 0) write(state + RELEASED, nowMs())
  WRITE_ONCE(state + WRITING, 0)
}

/** Takes the lock for writing again and again. */
export function lock_torture_writer(task: TortureTask, ops: LockOps): void {
  const lock = read(task.state + AT.lock)
  const sets = ops.nestedlock === undefined ? 0 : 1 << task.params.nested_locks
  while (task.turn()) {
    if (task.one_in(REST_EVERY)) task.idle(4 * NSEC_PER_MSEC)
    const set = sets > 1 ? task.rng.below(sets) : 0
    if (set !== 0) lockNested(task, ops, set)
    ops.writelock(lock, task)
    insideWrite(task, ops)
    ops.writeunlock(lock)
    if (set !== 0) unlockNested(task, ops, set)
  }
}

/** Takes the lock for reading again and again. */
export function lock_torture_reader(task: TortureTask, ops: LockOps): void {
  const { state } = task
  const lock = read(state + AT.lock)
  while (task.turn()) {
    if (task.one_in(REST_EVERY)) task.idle(4 * NSEC_PER_MSEC)
    ops.readlock?.(lock, task)
    fetch_add(state + READING, 1)
    const before = READ_ONCE(state + GUARDED)
    if (READ_ONCE(state + WRITING) !== 0) task.count(READER_WRITER)
    task.count(READ)
    delay(task, ops.sleeps)
    if (READ_ONCE(state + GUARDED) !== before) task.count(READER_WRITER)
    fetch_sub(state + READING, 1)
    ops.readunlock?.(lock)
  }
}

/** Sends signals to all other tasks in turn. */
export function lock_torture_signal(task: TortureTask): void {
  const others = task.params.nwriters_stress + task.params.nreaders_stress
  while (task.turn()) {
    send_signal(FIRST_CPU + task.rng.below(others))
    task.count(SIGNALS)
    task.idle(task.rng.below(400) * NSEC_PER_USEC)
  }
}
