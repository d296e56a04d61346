/**
 * What `--lockdep` and `--lock-stat` add to a test. Loaded only when one of them is asked for; the main thread, which makes
 * what is tortured, runs the checked build then as its tasks do.
 */
import {
  detectorArenaBytes,
  detectors_attach,
  detectors_init,
  type DetectorPlan,
} from '../debug/detectors.ts'
import { findings } from '../debug/findings.ts'
import { lockStats } from '../debug/lock_stat/report.ts'
import type { LockClassStat } from '../results/locks.ts'

/** What a test asks of the detectors. */
export interface Detectors {
  readonly plan: DetectorPlan
  /** Module of the tasks' body. */
  readonly module: URL
  /** Bytes of an arena that leaves `bytes` to the test. */
  arenaBytes(bytes: number, cpus: number): number
  /** Boot CPU, in its fresh arena, before any lock is made. */
  attach(): void
  /** All reports so far. */
  reports(view: Int32Array): string[]
  /** What locks cost; undefined without lock_stat. */
  stats(view: Int32Array): LockClassStat[] | undefined
}

/** The detectors of a plan. */
export function detectorsOf(plan: DetectorPlan): Detectors {
  return {
    plan,
    module: new URL('./watched_body.js', import.meta.url),
    arenaBytes: (bytes, cpus) => detectorArenaBytes(plan, bytes, cpus),
    attach() {
      if (!detectors_init(plan)) throw new RangeError('the arena is too small for the detectors')
      detectors_attach(plan)
    },
    reports: (view) => findings(view).map(({ text }) => text),
    stats(view) {
      return plan.lockStat === undefined ? undefined : lockStats(view)
    },
  }
}
