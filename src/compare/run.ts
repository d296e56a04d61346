/**
 * One run as compare sees it, whatever tool it is of: figures round by round beside those of a baseline of the same rounds, and
 * verdicts.
 */
import type { Environment } from '../results/environment.ts'

/** One figure of one run. */
export interface Series {
  /** What it is of: the same in all runs that are compared. The last is the name of what is judged. */
  readonly cell: readonly string[]
  /** Unit of the values. A rate (`/s`) is the better the larger it is, anything else the smaller. */
  readonly unit: 'ms' | 'ns' | '/s'
  /** One value per round, in their order. */
  readonly values: readonly number[]
  /** The baseline's name, and its values of the same rounds; absent if there is none. */
  readonly against?: string
  readonly base?: readonly number[]
  /** Why this run's figure says nothing. */
  readonly unfit?: string
}

/** What a run says without a figure. */
export interface Said {
  /** `mutex_lock`, `problem-5 under global`. */
  readonly name: string
  readonly text: string
  /** A verdict is a finding if it changes, either way; a state if it is broken and was not before. */
  readonly kind: 'verdict' | 'state'
  readonly broken?: true
}

/** One run. */
export interface Run {
  readonly file: string
  /** What kind of result it is, in words. */
  readonly schema: string
  readonly env: Environment
  /** What must be the same on both sides, by the flag that sets it. */
  readonly plan: Readonly<Record<string, unknown>>
  readonly series: readonly Series[]
  readonly said: readonly Said[]
  /** Names that `--baseline` may have. */
  readonly baselines: readonly string[]
  /** Things that a reader of the comparison should know of this run, one sentence each. */
  readonly notes: readonly string[]
}

/** What a series is of, in one text. */
export function keyOf({ cell }: Pick<Series, 'cell'>): string {
  return cell.join(', ')
}
