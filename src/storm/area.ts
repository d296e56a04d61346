/**
 * What the CPUs of a storm write for main to read: per CPU the start and end of each phase, errno counters, two
 * histograms and the result of each operation, on cache lines of their own.
 *
 * Rules   a CPU writes its own area; main reads and clears between rounds.
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { errname } from '../base/errno.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../mem/arena.ts'
import { HISTOGRAM_WORDS, type Tally } from './histogram.ts'

const ROOT = rootAddr('storm')
const HIGH = 0x1_0000_0000
/** Phases of a round. */
export const PHASES = 2
/** Words of the head: per phase start low, high, end low, high; then the number of Oopses. */
const HEAD = CACHE_LINE_WORDS
const OOPSES = 4 * PHASES
const ERRNOS = 600
const STRIDE = 0
const CAPACITY = 1

function stride(capacity: number): number {
  const words = HEAD + ERRNOS + 2 * HISTOGRAM_WORDS + PHASES * capacity
  return Math.ceil(words / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
}

/** Words that the areas take in an arena. */
export function areaWords(cpus: number, capacity: number): number {
  return CACHE_LINE_WORDS + cpus * stride(capacity)
}

/** Makes the areas, with room for `capacity` operations per CPU and phase. Boot CPU. False when the arena is full. */
export function area_init(capacity: number): boolean {
  const base = alloc_boot(areaWords(num_possible_cpus(), capacity))
  if (base === 0) return false
  write(base + STRIDE, stride(capacity))
  write(base + CAPACITY, capacity)
  write(ROOT, base)
  return true
}

function area(cpu: number): number {
  const base = read(ROOT)
  return base + CACHE_LINE_WORDS + cpu * read(base + STRIDE)
}

function results(cpu: number, phase: number): number {
  return area(cpu) + HEAD + ERRNOS + 2 * HISTOGRAM_WORDS + phase * read(read(ROOT) + CAPACITY)
}

function putTime(at: number, ns: number): void {
  write(at, ns)
  write(at + 1, ns / HIGH)
}

function time(at: number): number {
  return (read(at) >>> 0) + (read(at + 1) >>> 0) * HIGH
}

/** Stamps the beginning of a phase on this CPU. */
export function phase_starts(phase: number): void {
  putTime(area(smp_processor_id()) + 4 * phase, ktime_get_ns())
}

/** Stamps its end. */
export function phase_ends(phase: number): void {
  putTime(area(smp_processor_id()) + 4 * phase + 2, ktime_get_ns())
}

/** Histogram of successful operations on this CPU: 0 creates, 1 removes. */
export function my_histogram(which: number): number {
  return area(smp_processor_id()) + HEAD + ERRNOS + which * HISTOGRAM_WORDS
}

/** Notes what the i-th operation of a phase returned on this CPU: 0 or a negative errno. */
export function note_result(phase: number, i: number, ret: number): void {
  const cpu = smp_processor_id()
  write(results(cpu, phase) + i, ret)
  if (ret >= 0) return
  const at = area(cpu) + HEAD + Math.min(-ret, ERRNOS - 1)
  write(at, read(at) + 1)
}

/** Notes that this CPU's task died. */
export function note_oops(): void {
  const at = area(smp_processor_id()) + OOPSES
  write(at, read(at) + 1)
}

/** Nanoseconds from the first start to the last end of a phase over CPUs 0 … cpus − 1. */
export function phaseWallNs(phase: number, cpus: number): number {
  const at = Array.from({ length: cpus }, (_, cpu) => area(cpu) + 4 * phase)
  return Math.max(...at.map((a) => time(a + 2))) - Math.min(...at.map(time))
}

/** What the operations of a phase returned on a CPU. */
export function resultsOf(cpu: number, phase: number, count: number): number[] {
  const at = results(cpu, phase)
  return Array.from({ length: count }, (_, i) => read(at + i))
}

/** Moves a CPU's histograms into tallies: creates, removes. */
export function takeHistograms(cpu: number, tallies: readonly [Tally, Tally]): void {
  for (const [which, tally] of tallies.entries())
    tally.take(area(cpu) + HEAD + ERRNOS + which * HISTOGRAM_WORDS)
}

/** Adds a CPU's errno counters to a record by name, and clears them. */
export function takeErrnos(cpu: number, into: Record<string, number>): void {
  for (let errno = 1; errno < ERRNOS; errno++) {
    const at = area(cpu) + HEAD + errno
    if (read(at) === 0) continue
    const name = errname(errno)
    into[name] = (into[name] ?? 0) + read(at)
    write(at, 0)
  }
}

/** Takes the number of Oopses of a CPU. */
export function takeOopses(cpu: number): number {
  const at = area(cpu) + OOPSES
  const count = read(at)
  write(at, 0)
  return count
}
