/**
 * What a contender's workers can be asked for, whatever they are: worker threads (crew.ts) or a C program's (pthread_crew.ts).
 */

/** One round's outcome. */
export interface Round {
  /** First start to last end, nanoseconds. */
  readonly wallNs: number
  /** Each worker's own time, nanoseconds. */
  readonly eachNs: readonly number[]
}

/** What one worker got in a fixed time. */
export interface Share {
  readonly ops: number
  /** Longest single wait for the section, nanoseconds. */
  readonly longestNs: number
}

/** The workers of one contender. */
export interface Rounds {
  /** `ops` pairs by each of the first `active` workers. Throws if an update was lost or a worker died. */
  round(active: number, ops: number, steps: number): Promise<Round>
  /** As many pairs as each of the first `active` workers gets in `ms`. Throws as `round` does. */
  timed(active: number, ms: number, steps: number): Promise<Share[]>
  /** Ends the workers. */
  stop(): Promise<void>
  /** Why one of them has failed, if one has: also of what a worker has left, such as a rejected promise, once all have ended. */
  readonly failure?: Error | undefined
}

/** The outcome of a round, from each worker's start and end in nanoseconds. */
export function roundOf(starts: readonly bigint[], ends: readonly bigint[]): Round {
  const first = starts.reduce((a, b) => (a < b ? a : b))
  const last = ends.reduce((a, b) => (a > b ? a : b))
  return { wallNs: Number(last - first), eachNs: ends.map((end, i) => Number(end - (starts[i] as bigint))) }
}

/** Throws unless the plain counter inside the section has seen every pair. */
export function expectCount(counted: number, wanted: number): void {
  if (counted === wanted) return
  throw new Error(`the section let several in: ${counted} of ${wanted} updates arrived`)
}
