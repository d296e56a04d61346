/**
 * The result of torture tests, `lockstorm/torture@1`.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { LockClassStat } from './locks.ts'
import type { Environment } from './environment.ts'

/** Name of the schema. */
export const TORTURE_SCHEMA = 'lockstorm/torture@1'

/** One kind of failure. */
export interface TortureFinding {
  /** Name of a counter, or `lost_wakeup`, `audit`, `timeout`, `detector`, `hung_task`, `hang`, `crash`. */
  readonly kind: string
  /** What the first of them was. */
  readonly text: string
  /** How often it happened. */
  readonly count: number
  /** Milliseconds from the start of the test to its first sight. */
  readonly atMs: number
}

/** How evenly tasks of a kind came to their turn, by the first counter that moved. */
export interface Fairness {
  readonly comm: string
  readonly counter: string
  readonly min: number
  readonly max: number
  /** min / max; 1 is perfectly fair. */
  readonly ratio: number
}

/** Counters of one task. */
export interface TortureTaskResult {
  readonly comm: string
  readonly nr: number
  readonly counters: Readonly<Record<string, number>>
}

/** How each way ended for another thread, in words, by the name of the way. */
export type DeadOwner = Readonly<Record<string, string>>

/** One test. */
export interface TortureResult {
  readonly type: string
  readonly summary: string
  /** What is wrong with the type on purpose; '' for a real one. */
  readonly busted: string
  readonly verdict: 'SUCCESS' | 'FAILURE'
  /** Why it failed: a check, or the run broke. */
  readonly cause: '' | 'check' | 'hang' | 'crash'
  /** A real type succeeded or a busted one failed; true also of a test that was cut short before it found anything. */
  readonly asExpected: boolean
  /** The test was ended before its time: only what it has found is a verdict. */
  readonly cut?: true
  readonly params: Readonly<Record<string, number>>
  /** Time between the first turn of the tasks and the verdict. */
  readonly durationMs: number
  /** Time that the workers took to start. */
  readonly bootMs: number
  readonly findings: readonly TortureFinding[]
  /** A user's lock that has failed: what its threads did last before that, as own_events.ts says. */
  readonly events?: readonly string[]
  /** A user's lock whose owner has ended: what became of each way to take it. */
  readonly deadOwner?: DeadOwner
  /** What the locks cost, where `--lock-stat` was given. */
  readonly lockStat?: readonly LockClassStat[]
  readonly totals: Readonly<Record<string, number>>
  readonly perSecond: Readonly<Record<string, number>>
  readonly fairness: readonly Fairness[]
  readonly tasks: readonly TortureTaskResult[]
}

/** True of a test that was cut short before it found anything: that says nothing about what was judged. */
export function isUnjudged({ cut, verdict }: Pick<TortureResult, 'cut' | 'verdict'>): boolean {
  return cut === true && verdict === 'SUCCESS'
}

/** What a command leaves behind. */
export interface TortureRunResult {
  readonly schema: typeof TORTURE_SCHEMA
  readonly env: Environment
  /** All types as expected; for a single type, that it succeeded. */
  readonly ok: boolean
  /** Build that ran. */
  readonly checked: boolean
  readonly params: Readonly<Record<string, number>>
  readonly results: readonly TortureResult[]
}
