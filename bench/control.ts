/**
 * What a crew and its workers know of each other: the words of the memory that they share, and what a worker is told at its start.
 *
 * Control words   SEQ rounds ordered · MODE what to run · ACTIVE workers that take part · OPS per worker, or milliseconds ·
 *                 STEPS of work inside · ARRIVED and OPEN: the start gate · DONE workers that finished
 * Times           a round: each worker stores its start and end, and the round lasts from the first start to the last end;
 *                 a timed run: its operations and its longest wait.
 */
export const SEQ = 0
export const ACTIVE = 16
export const OPS = 17
export const STEPS = 18
export const MODE = 19
export const ARRIVED = 32
export const OPEN = 33
export const DONE = 48
export const QUIT = 64
/** Word that a holder sleeps on. */
export const ASLEEP = 72
/** Word of the worker-start counter. */
export const READY = 80
/** Index of worker 0's times, in 64-bit words. */
export const TIMES = 64
export const CONTROL_BYTES = 4096

/** MODE: a number of pairs each, pairs for a time, or worker 0 holds for a time while the others wait. */
export const MODE_ROUND = 0
export const MODE_TIMED = 1
export const MODE_BLOCKED = 2

/** What a worker of a crew is told at its start. */
export interface CrewData {
  readonly control: SharedArrayBuffer
  readonly memory: SharedArrayBuffer
  readonly adapter: string
  readonly variant: string
  readonly cpu: number
  readonly workers: number
  readonly excludes: boolean
  /** What the contender shares beside the memory. */
  readonly shared: unknown
}

/** A thread that serves a crew. */
export interface CrewThread {
  /** Settles when it serves no more; rejects if it fails. */
  readonly served: Promise<void>
  /** Ends it, wherever it is. */
  end(): Promise<void>
}
