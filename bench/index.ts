/**
 * The benchmark suites: `lockstorm bench [suite …]`.
 */
import type { Lock } from '../src/define/lock.ts'
import type { Case, Measured, Skipped } from './case.ts'
import { runCase } from './run.ts'
import { EFFORTS, type Effort } from './sampling.ts'
import { runTimed, type BlockedRow, type FairnessRow, type LatencyRow, type TimedCase } from './shares.ts'
import { cases as access } from './suites/access.ts'
import { timed as blocked } from './suites/blocked.ts'
import { cases as classes } from './suites/classes.ts'
import { timed as fairness } from './suites/fairness.ts'
import { cases as layers } from './suites/layers.ts'
import { cases as mdev } from './suites/mdev.ts'
import { ownSuite } from './suites/own.ts'
import { cases as peers } from './suites/peers.ts'
import { cases as sync } from './suites/sync.ts'

export { EFFORTS }

/** Suites of operations, measured one by one. */
export const SUITES: Readonly<Record<string, readonly Case[]>> = {
  access,
  sync,
  classes,
  peers,
  mdev,
  layers,
}

/** Suites of workers that run for a time. */
export const TIMED_SUITES: Readonly<Record<string, readonly TimedCase[]>> = { fairness, blocked }

/** Names of all suites, in the order they run. */
export const SUITE_NAMES: readonly string[] = [...Object.keys(SUITES), ...Object.keys(TIMED_SUITES)]

/** What a run of a suite found. */
export interface BenchResult {
  readonly suite: string
  readonly measured: Measured[]
  readonly fairness: FairnessRow[]
  readonly latency: LatencyRow[]
  readonly blocked: BlockedRow[]
  readonly skipped: Skipped[]
}

/** The cases with at most so many workers: those that differ in no more than their number are one then. */
function atMost(workers: number, cases: readonly TimedCase[]): TimedCase[] {
  const capped = cases.map((one) => ({ ...one, workers: Math.min(one.workers, workers) }))
  return [...new Map(capped.map((one) => [`${one.subject} ${one.workers} ${one.holdNs}`, one])).values()]
}

/** How a run tells of itself, and learns that it is to end. */
export interface Running {
  readonly progress: (text: string) => void
  /** Asked before each round: true ends it with what there is. */
  readonly stop?: () => boolean
}

/** Runs one suite of ours. */
export function runSuite(suite: string, effort: Effort, running: Running): Promise<BenchResult> {
  return runCases(suite, SUITES[suite] ?? [], TIMED_SUITES[suite] ?? [], effort, running)
}

/** Measures a lock of a file, which has been loaded. Once it has failed there is nothing left to compare. */
export function runOwn(url: string, lock: Lock, effort: Effort, running: Running): Promise<BenchResult> {
  const { cases, timed } = ownSuite(url, lock)
  return runCases(lock.name, cases, timed, effort, running, lock.name)
}

async function runCases(
  suite: string,
  cases: readonly Case[],
  timed: readonly TimedCase[],
  effort: Effort,
  { progress, stop: asked = () => false }: Running,
  subject?: string,
): Promise<BenchResult> {
  const skipped = new Map<string, Skipped>()
  const failed = (): boolean =>
    subject !== undefined && [...skipped.values()].some(({ contender }) => contender.startsWith(subject))
  const stop = (): boolean => asked() || failed()
  const result: Omit<BenchResult, 'skipped'> = { suite, measured: [], fairness: [], latency: [], blocked: [] }
  const note = (skips: readonly Skipped[]): void => {
    for (const skip of skips) skipped.set(`${skip.contender} ${skip.reason}`, skip)
  }
  for (const one of cases) {
    if (stop()) break
    const { measured, skipped: skips } = await runCase(one, effort, progress, stop)
    result.measured.push(...measured)
    note(skips)
  }
  for (const one of atMost(effort.workers, timed)) {
    if (stop()) break
    const found = await runTimed(one, effort, progress, stop)
    result.fairness.push(...found.fairness)
    result.latency.push(...found.latency)
    result.blocked.push(...found.blocked)
    note(found.skipped)
  }
  return { ...result, skipped: [...skipped.values()] }
}
