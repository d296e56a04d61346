/**
 * A case: one operation pair, the contenders that do it, and how many workers at once. Its id is
 * `subject.op/w=8,hold=200ns`; bench/README.md defines the words.
 */

/** One row of a case. */
export interface Row {
  /** Adapter file in bench/adapters, without extension; or the URL of a module like them. */
  readonly adapter: string
  readonly variant: string
  /** Row name; the contender's own name when left out. */
  readonly label?: string
}

/** What is compared in one table. The first row is the baseline of the ratios. */
export interface Case {
  readonly subject: string
  readonly rows: readonly Row[]
  /** Numbers of workers to run with, one table line each. */
  readonly workers: readonly number[]
  /** Work inside the section, in nanoseconds, calibrated on this machine. */
  readonly holdNs?: number
  /** False for pairs that let several in: readers, counters. */
  readonly excludes?: boolean
  /** Operations that one pair does: the figures are for one of them. */
  readonly opsPerPair?: number
  /** Shared memory, bytes. */
  readonly bytes?: number
}

/** Outcome of one row with one number of workers. */
export interface Measured {
  readonly id: string
  readonly contender: string
  readonly workers: number
  /** Median over rounds of wall time per operation of all workers together, nanoseconds. */
  readonly nsPerOp: number
  /** Median absolute deviation over rounds. */
  readonly madNs: number
  /** The same per round, in their order: those of one case are of the same rounds. */
  readonly samples?: readonly number[]
  /** To the case's first row with the same number of workers: median over rounds of the round's own ratio. */
  readonly ratio: number
  /** To the same row with the fewest workers that contend: what more of them cost. */
  readonly toFewest?: number
  /** Slowest worker's time over the fastest's, median over rounds: 1 is even. */
  readonly spread: number
  readonly rounds: number
}

/** A row that could not run, or not to its end, and why: words that go on after the name. */
export interface Skipped {
  readonly contender: string
  readonly reason: string
}
