/**
 * The result of a workload of the user's own, `lockstorm/own-storm@1`: what `lockstorm storm --workload FILE --json` writes.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { Latency, StormEnd } from './storm.ts'

/** Name of the schema. */
export const OWN_SCHEMA = 'lockstorm/own-storm@1'

/** What was asked for. */
export interface OwnPlan {
  readonly command: 'storm'
  /** Name of the workload. */
  readonly workload: string
  readonly contenders: readonly string[]
  readonly cpus: number
  /** Of each contender. */
  readonly durationMs: number
  readonly seed: number
}

/** One operation: successes, errors by errno, and how long successes and errors took, in nanoseconds. */
export interface OwnOperation {
  readonly name: string
  readonly ok: number
  readonly errnos: Readonly<Record<string, number>>
  readonly ns: Latency
}

/** One contender. */
export interface OwnResult {
  readonly contender: string
  readonly operations: readonly OwnOperation[]
  /** Successes per second, of all operations and CPUs together. */
  readonly opsPerSecond: number
  readonly slices: number
  readonly counters: Readonly<Record<string, number>>
  /** One sentence for each thing that did not hold. */
  readonly broken: readonly string[]
  /** What the machine said of a hang or a throw; absent if there was none. */
  readonly failure?: string
}

/** A storm of a user's workload, whole. */
export interface OwnRun extends StormEnd<OwnResult> {
  readonly schema: typeof OWN_SCHEMA
  readonly plan: OwnPlan
}
