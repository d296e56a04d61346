/**
 * What `lockstorm storm` must know of a workload.
 */
import type { Block } from '../report/page.ts'
import type { Verdict } from '../results/storm.ts'
import type { StormProgress } from '../storm/index.ts'

/** What every storm leaves behind. */
export interface Stormed {
  readonly verdict: Verdict
  readonly failure?: string
}

/** One workload: how it runs, and what is printed. */
export interface StormKind<R extends Stormed> {
  /** Flags that decide how big its machines are, for the error of one that is too big. */
  readonly size: string
  readonly run: () => Promise<R>
  readonly text: (run: R) => readonly Block[]
  /** Told when the run was cut short, or broke. */
  readonly done: (run: R) => string
  /** Stacks for `--folded`. */
  readonly folded?: (run: R) => string
  /** The page for `--write`. */
  readonly page?: (run: R) => string
}

/** Where a storm of slices is. */
export function sliceText(workload: string, { phase, round, rounds, lane, label }: StormProgress): string {
  if (phase === 'boot') return `storm: ${workload}, switching the machines on`
  if (label !== '') return `storm: ${workload}, ${label}, ${lane}`
  return `storm: ${workload}, slice ${round + 1}/${rounds}, ${lane}`
}
