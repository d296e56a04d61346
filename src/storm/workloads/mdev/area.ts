/**
 * What the CPUs of a storm of mdevs write for main to read: start and end of each phase, errno counters, two histograms, and
 * the result of each operation.
 */
import { ktime_get_ns, read, smp_processor_id, write } from '#access'
import { read_wide, write_wide } from '../../../mem/wide.ts'
import { Area } from '../../area.ts'
import type { Tally } from '../../histogram.ts'

/** Phases of a round. */
export const PHASES = 2
const OOPSES = 0
/** All operations count their errnos together. */
const ANY = 0
const area = new Area({ shared: 1, counters: 1, operations: 1, histograms: 2 })
/** A CPU's own words: per phase start low, high, end low, high; then the results of each phase. */
const RESULTS = 4 * PHASES
/** The shared word is no signal: it says how many operations a CPU may have in a phase. */
const CAPACITY = 0

const ownWords = (capacity: number): number => RESULTS + PHASES * capacity

/** Words that the areas take in an arena. */
export function areaWords(cpus: number, capacity: number): number {
  return area.words(cpus, ownWords(capacity))
}

/** Makes the areas, with room for `capacity` operations per CPU and phase. Boot CPU. False when the arena is full. */
export function area_init(capacity: number): boolean {
  if (!area.init(ownWords(capacity))) return false
  area.set(CAPACITY, capacity)
  return true
}

function results(cpu: number, phase: number): number {
  return area.own(cpu) + RESULTS + phase * area.value(CAPACITY)
}

/** Stamps the beginning of a phase on this CPU. */
export function phase_starts(phase: number): void {
  write_wide(area.own(smp_processor_id()) + 4 * phase, ktime_get_ns())
}

/** Stamps its end. */
export function phase_ends(phase: number): void {
  write_wide(area.own(smp_processor_id()) + 4 * phase + 2, ktime_get_ns())
}

/** Histogram of successful operations on this CPU: 0 creates, 1 removes. */
export function my_histogram(which: number): number {
  return area.histogram(which)
}

/** Notes what the i-th operation of a phase returned on this CPU: 0 or a negative errno. */
export function note_result(phase: number, i: number, ret: number): void {
  write(results(smp_processor_id(), phase) + i, ret)
  area.note(ANY, ret)
}

/** Notes that this CPU's task died. */
export function note_oops(): void {
  area.count(OOPSES)
}

/** Nanoseconds from the first start to the last end of a phase over CPUs 0 … cpus − 1. */
export function phaseWallNs(phase: number, cpus: number): number {
  const at = Array.from({ length: cpus }, (_, cpu) => area.own(cpu) + 4 * phase)
  return Math.max(...at.map((a) => read_wide(a + 2))) - Math.min(...at.map(read_wide))
}

/** What the operations of a phase returned on a CPU. */
export function resultsOf(cpu: number, phase: number, count: number): number[] {
  const at = results(cpu, phase)
  return Array.from({ length: count }, (_, i) => read(at + i))
}

/** Moves the histograms of all CPUs into tallies: creates, removes. */
export function takeHistograms(tallies: readonly [Tally, Tally]): void {
  for (const [which, tally] of tallies.entries()) area.takeHistogram(which, tally)
}

/** Takes how often operations got which errno. */
export function takeErrnos(): Readonly<Record<string, number>> {
  return area.takeResults(ANY).errnos
}

/** Takes the number of Oopses. */
export function takeOopses(): number {
  return area.takeCounter(OOPSES)
}
