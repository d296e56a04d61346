/**
 * What the CPUs of an unplug storm share and what they write for main to read.
 *
 * Rules   a CPU counts in its own area; main reads and clears between slices.
 */
import {
  fetch_add,
  futex_wait,
  futex_wake,
  read,
  READ_ONCE,
  smp_processor_id,
  write,
  WRITE_ONCE,
} from '#access'
import { CACHE_LINE_WORDS, INT_MAX } from '../../../base/constants.ts'
import { errname } from '../../../base/errno.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../../../mem/arena.ts'
import {
  BLOCKED_SLEEP,
  BLOCKED_WAIT_QUEUE,
  clear_blocked,
  set_blocked,
  task_of,
  task_struct,
} from '../../../mem/task.ts'
import { HISTOGRAM_WORDS, record, type Tally } from '../../histogram.ts'

/** Situations of an unregistration: with no user, as often as users let it, at a pace, at that pace with sleepers. */
const SITUATIONS = 4
/** Histograms: until the fence is closed, by situation; the last of them until all are told; closing the fence alone, by situation. */
export const TOLD: number = SITUATIONS
export const CLOSE: number = TOLD + 1
export const TALLIES: number = CLOSE + SITUATIONS

const ROOT = rootAddr('storm')
/** Shared words, each on a line of its own. */
const LINE = CACHE_LINE_WORDS
export const STOP = 0
export const SERVE_STOP = LINE
/** Counts up whenever the card has been plugged or the slice is over. Futex. */
export const PLUGGED = 2 * LINE
/** Counts up with every few operations of users. Futex of CPU 0. */
export const PROGRESS = 3 * LINE
/** Users and sleepers that have left. Futex of CPU 0. */
export const DONE = 4 * LINE
export const SLOT = 5 * LINE
const HISTOGRAMS = 6 * LINE
const SHARED = HISTOGRAMS + TALLIES * (Math.ceil(HISTOGRAM_WORDS / LINE) * LINE)

/** Per CPU: operations, sleepers woken, sleepers left, then errors by errno. */
const OPS = 0
const WOKEN = 1
const LEFT = 2
const ERRNOS = 4
const MOST_ERRNO = 160
/** In place of an errno: poll said that the device is gone. */
export const HUP = MOST_ERRNO
const CPU_WORDS = Math.ceil((ERRNOS + MOST_ERRNO + 1) / LINE) * LINE
/** A buffer of each CPU, for reads and writes. */
const BUFFER_WORDS = LINE

/** Words that all of it takes. */
export function unplugAreaWords(cpus: number): number {
  return SHARED + cpus * (CPU_WORDS + BUFFER_WORDS)
}

/** Makes it. Boot CPU. False when the arena is full. */
export function unplug_area_init(): boolean {
  const base = alloc_boot(unplugAreaWords(num_possible_cpus()))
  write(ROOT, base)
  return base !== 0
}

/** Address of a shared word. */
export function shared(offset: number): number {
  return read(ROOT) + offset
}

function area(cpu: number): number {
  return read(ROOT) + SHARED + cpu * (CPU_WORDS + BUFFER_WORDS)
}

/** This CPU's buffer. */
export function my_buffer(): number {
  return area(smp_processor_id()) + CPU_WORDS
}

function count(field: number): void {
  const at = area(smp_processor_id()) + field
  write(at, read(at) + 1)
}

/** An operation has returned `ret`. Counts it, and its error if it is one. */
export function note_op(ret: number): void {
  count(OPS)
  if (ret < 0) note_error(-ret)
}

/** An error that a user saw. */
export function note_error(errno: number): void {
  count(ERRNOS + Math.min(errno, MOST_ERRNO))
}

/** A sleeper has been woken, or left to its patience. */
export function note_sleep(woken: boolean): void {
  count(woken ? WOKEN : LEFT)
}

/** CPU 0 has unregistered the device, which took so long. */
export function note_unplug(tally: number, ns: number): void {
  record(histogram(tally), ns)
}

function histogram(tally: number): number {
  return shared(HISTOGRAMS) + tally * (Math.ceil(HISTOGRAM_WORDS / LINE) * LINE)
}

/** Counts a shared word up and wakes whoever waits for it. */
export function bump(offset: number): void {
  fetch_add(shared(offset), 1)
  futex_wake(shared(offset), INT_MAX)
}

/** Sleeps at most `ns` while the shared word is `seen`. */
export function nap(offset: number, seen: number, ns: number): void {
  set_blocked(shared(offset), BLOCKED_SLEEP)
  futex_wait(shared(offset), seen, ns)
  clear_blocked()
}

/** True if these CPUs all sleep on a wait queue: they hold no fence, and want no core. */
export function all_asleep(first: number, cpus: number): boolean {
  const { blocked_on, blocked_kind } = task_struct.offset
  for (let cpu = first; cpu < first + cpus; cpu++) {
    const task = task_of(cpu)
    if (READ_ONCE(task + blocked_on) === 0 || READ_ONCE(task + blocked_kind) !== BLOCKED_WAIT_QUEUE)
      return false
  }
  return true
}

/** True when the slice is over. */
export function stopped(): boolean {
  return READ_ONCE(shared(STOP)) === 1
}

/** Readies the shared words for a slice. CPU 0, alone. */
export function reset_shared(): void {
  for (const offset of [STOP, SERVE_STOP, PROGRESS, DONE]) WRITE_ONCE(shared(offset), 0)
}

/** What main has gathered of a fence. */
export interface Counts {
  ops: number
  woken: number
  left: number
  errnos: Record<string, number>
}

/** Adds the counts of all CPUs to `into`, and clears them. */
export function takeCounts(into: Counts): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    const at = area(cpu)
    into.ops += read(at + OPS)
    into.woken += read(at + WOKEN)
    into.left += read(at + LEFT)
    for (const field of [OPS, WOKEN, LEFT]) write(at + field, 0)
    takeErrnos(at + ERRNOS, into.errnos)
  }
}

function takeErrnos(at: number, into: Record<string, number>): void {
  for (let errno = 1; errno <= MOST_ERRNO; errno++) {
    const n = read(at + errno)
    if (n === 0) continue
    const name = errno === HUP ? 'HUP' : errname(errno)
    into[name] = (into[name] ?? 0) + n
    write(at + errno, 0)
  }
}

/** Moves the latencies of unregistration into tallies. */
export function takeLatencies(tallies: readonly Tally[]): void {
  for (const [i, tally] of tallies.entries()) tally.take(histogram(i))
}
