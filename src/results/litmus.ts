/**
 * The result of litmus tests, `lockstorm/litmus@1`.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */
import type { Environment } from './environment.ts'

/** Name of the schema. */
export const LITMUS_SCHEMA = 'lockstorm/litmus@1'

/** One outcome of a test. */
export interface LitmusOutcome {
  /** Values read and left: `0:r0=0 1:r0=1`. */
  readonly outcome: string
  /** Rounds that ended so. */
  readonly count: number
  /** No interleaving of the steps gives it. */
  readonly weak: boolean
  /** The memory model does not allow it, or the caller does not. */
  readonly forbidden: boolean
}

/** One test. */
export interface LitmusResult {
  readonly test: string
  readonly summary: string
  readonly program: string
  readonly threads: number
  readonly rounds: number
  readonly durationMs: number
  readonly outcomes: readonly LitmusOutcome[]
  /** Nothing forbidden was seen. */
  readonly ok: boolean
}

/** What a command leaves behind. */
export interface LitmusRunResult {
  readonly schema: typeof LITMUS_SCHEMA
  readonly env: Environment
  readonly ok: boolean
  readonly results: readonly LitmusResult[]
}
