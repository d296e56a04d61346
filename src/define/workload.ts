/**
 * A workload of the user's own: operations by name over shared words, done by all CPUs at once, under each contender in turn.
 *
 * Rules   everything that CPUs share lies in the words that each function is given; a function keeps nothing else between
 *         calls. It may block with Atomics.wait: it runs on a worker thread. What must hold is checked when all CPUs are done.
 */

/** Whoever performs an operation. */
export interface Performer {
  /** 0 to cpus - 1. */
  readonly cpu: number
  readonly cpus: number
  /** Operations that this CPU has done in this slice. */
  readonly turn: number
  /** A random whole number from 0 to below `limit`, from the seed of the run. */
  random(limit: number): number
}

/** An operation: a negative number is an errno, and counts as an error; all else is success. A throw is a finding. */
export type Operation<C> = (words: Int32Array, by: Performer, contender: C) => number | void

/** See the head of this file. `C` is what contenders are: a lock, a number, whatever the operations need. */
export interface Workload<C = unknown> {
  readonly name: string
  /** One line. */
  readonly summary?: string
  /** Shared words, 32 bits each. They are zero when `setup` is called. */
  readonly words: number
  /** Rows of the table, by name: what is compared. */
  readonly contenders: Readonly<Record<string, C>>
  /** Before each slice, alone. */
  readonly setup?: (words: Int32Array, contender: C) => void
  /** Each CPU does them at random. */
  readonly operations: Readonly<Record<string, Operation<C>>>
  /** How often an operation is chosen, compared with the others; 1 if not given. */
  readonly weights?: Readonly<Record<string, number>>
  /** After each slice, alone: figures for the table, added up over slices. */
  readonly counters?: Readonly<Record<string, (words: Int32Array) => number>>
  /** After each slice, alone: one sentence for each thing that should hold and does not. */
  readonly check: (words: Int32Array, contender: C) => readonly string[]
  /** Names of words, for the report of a hang: `{ lock: 0 }`. */
  readonly names?: Readonly<Record<string, number>>
}
