/**
 * What main and the machine of a user's workload say to each other. Apart from the program, which looks its workload up when loaded.
 */

/** Commands. Arguments of a slice: its number, milliseconds, CPUs. */
export const OP_SETUP = 1
export const OP_SLICE = 2
export const OP_CHECK = 3

/** Handed to boot and attach. */
export interface OwnMachine {
  readonly contender: string
  readonly words: SharedArrayBuffer
  readonly seed: number
}

/** What CPU 0 found after a slice. */
export interface OwnCheck {
  readonly broken: readonly string[]
  readonly counters: Readonly<Record<string, number>>
}
