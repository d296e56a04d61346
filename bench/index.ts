/**
 * The benchmark suites: `lockstorm bench [suite …]`.
 */
import type { Case, Measured, Skipped } from './case.ts'
import { runCase, type Effort } from './run.ts'
import { cases as access } from './suites/access.ts'
import { cases as layers } from './suites/layers.ts'
import { cases as mdev } from './suites/mdev.ts'
import { cases as sync } from './suites/sync.ts'

/** All suites, in the order they run. */
export const SUITES: Readonly<Record<string, readonly Case[]>> = { access, sync, mdev, layers }

/** What a run of suites found. */
export interface BenchResult {
  readonly suite: string
  readonly measured: Measured[]
  readonly skipped: Skipped[]
}

/** Rounds and samples of a normal run, and of a run that only shows that everything works. */
export const EFFORTS: Readonly<Record<'full' | 'quick', Effort>> = {
  full: { rounds: 15, samples: 5, sampleMs: 5, warmUpMs: 300 },
  quick: { rounds: 2, samples: 2, sampleMs: 0.2, warmUpMs: 0 },
}

/** Runs one suite. */
export async function runSuite(
  suite: string,
  effort: Effort,
  progress: (text: string) => void,
): Promise<BenchResult> {
  const measured: Measured[] = []
  const skipped = new Map<string, Skipped>()
  for (const one of SUITES[suite] ?? []) {
    const result = await runCase(one, effort, progress)
    measured.push(...result.measured)
    for (const skip of result.skipped) skipped.set(skip.contender, skip)
  }
  return { suite, measured, skipped: [...skipped.values()] }
}
