/**
 * What the CPUs of an unplug storm share, and what they write for main to read.
 */
import { futex_wait, READ_ONCE, smp_processor_id } from '#access'
import {
  BLOCKED_SLEEP,
  BLOCKED_WAIT_QUEUE,
  clear_blocked,
  set_blocked,
  task_of,
  task_struct,
} from '../../../mem/task.ts'
import { addCounts, Area } from '../../area.ts'
import { record, type Tally } from '../../histogram.ts'

/** Situations of an unregistration: with no user, as often as users let it, at a pace, at that pace with sleepers, beside a stranger. */
const SITUATIONS = 5
/** The last: no user of this device, and one reader of another that takes its time. */
export const STRANGER: number = SITUATIONS - 1
/** Histograms: until nobody is inside, by situation; the one with sleepers until all are told; the fence alone, by situation. */
export const TOLD: number = SITUATIONS
export const CLOSE: number = TOLD + 1
export const TALLIES: number = CLOSE + SITUATIONS

/** Shared words. */
export const STOP = 0
export const SERVE_STOP = 1
/** Counts up whenever the card has been plugged or the slice is over. Futex. */
export const PLUGGED = 2
/** Counts up with every few operations of users. Futex of CPU 0. */
export const PROGRESS = 3
/** Users and sleepers that have left. Futex of CPU 0. */
export const DONE = 4
export const SLOT = 5
/** Fence and file of another device. */
export const OTHER_FILE = 6

/** Counters: sleepers woken, sleepers left, polls that said that the device is gone. */
const WOKEN = 0
const LEFT = 1
const HUP = 2
/** All operations count their results together. */
const ANY = 0
/** A buffer of each CPU, for reads and writes. */
const BUFFER_WORDS = 16

export const area = new Area({ shared: 7, counters: 3, operations: 1, histograms: TALLIES })

/** Words that all of it takes. */
export function unplugAreaWords(cpus: number): number {
  return area.words(cpus, BUFFER_WORDS)
}

/** Makes it. Boot CPU. False when the arena is full. */
export function unplug_area_init(): boolean {
  return area.init(BUFFER_WORDS)
}

/** This CPU's buffer. */
export function my_buffer(): number {
  return area.own(smp_processor_id())
}

/** An operation has returned `ret`. */
export function note_op(ret: number): void {
  area.note(ANY, ret)
}

/** A poll said that the device is gone. */
export function note_hup(): void {
  area.count(HUP)
}

/** A sleeper has been woken, or left to its patience. */
export function note_sleep(woken: boolean): void {
  area.count(woken ? WOKEN : LEFT)
}

/** CPU 0 has unregistered the device, which took so long. */
export function note_unplug(tally: number, ns: number): void {
  record(area.histogram(tally), ns)
}

/** Sleeps at most `ns` while the shared word is `seen`. */
export function nap(word: number, seen: number, ns: number): void {
  set_blocked(area.shared(word), BLOCKED_SLEEP)
  futex_wait(area.shared(word), seen, ns)
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
  return area.value(STOP) === 1
}

/** Readies the shared words for a slice. CPU 0, alone. */
export function reset_shared(): void {
  for (const word of [STOP, SERVE_STOP, PROGRESS, DONE]) area.set(word, 0)
}

/** What main has gathered of a fence. */
export interface Counts {
  ops: number
  woken: number
  left: number
  readonly errnos: Record<string, number>
}

/** Takes the counts of all CPUs. */
export function takeCounts(into: Counts): void {
  const { ok, errnos } = area.takeResults(ANY)
  into.ops += Object.values(errnos).reduce((sum, count) => sum + count, ok)
  into.woken += area.takeCounter(WOKEN)
  into.left += area.takeCounter(LEFT)
  addCounts(into.errnos, errnos)
  const hups = area.takeCounter(HUP)
  if (hups > 0) addCounts(into.errnos, { HUP: hups })
}

/** Moves the latencies of unregistration into tallies. */
export function takeLatencies(tallies: readonly Tally[]): void {
  for (const [i, tally] of tallies.entries()) area.takeHistogram(i, tally)
}
