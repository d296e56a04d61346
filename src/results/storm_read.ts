/**
 * Reads storms of every version: a file with one run, or with several of one plan.
 */
import type { Environment } from './environment.ts'
import { STORM_RUNS_SCHEMA, STORM_SCHEMA, type StormResult, type StormRun, type StormRuns } from './storm.ts'

const VERSION_1 = 'lockstorm/storm@1'

type Old<T, Added extends keyof T> = Omit<T, Added> & Partial<Pick<T, Added>>
type Result1 = Old<StormResult, 'rounds' | 'unsteady' | 'ofFloor'>
type Run1 = Omit<StormRun, 'env' | 'results' | 'bootMs' | 'warmUps'> & {
  readonly env: Pick<Environment, 'node' | 'v8' | 'cores' | 'cpuModel' | 'arch' | 'date'>
  readonly results: readonly Result1[]
}

/** What version 1 did not say is null, empty or 0. Its rounds are numbered by their order. */
function upgraded(run: Run1): StormRun {
  const unknown = { system: '', memoryBytes: 0, virtualised: null, governor: null, turbo: null, commit: null }
  return {
    ...run,
    schema: STORM_SCHEMA,
    env: { ...unknown, load: { before: null, after: 0 }, steal: null, ...run.env },
    bootMs: 0,
    warmUps: [],
    results: run.results.map((row) => ({
      ...row,
      rounds: row.wallMs.samples.map((_, round) => round),
      unsteady: null,
      ofFloor: row.ofFloor ?? null,
    })),
  }
}

/** The runs of a result; undefined if it is none of a storm of mdevs. */
export function asStormRuns(result: { readonly schema: string }): readonly StormRun[] | undefined {
  if (result.schema === STORM_SCHEMA) return [result as StormRun]
  if (result.schema === STORM_RUNS_SCHEMA) return (result as StormRuns).runs
  if (result.schema === VERSION_1) return [upgraded(result as unknown as Run1)]
  return undefined
}
