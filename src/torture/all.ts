/**
 * `torture all`: every type in turn within one total time.
 *
 * Budget   the time left is divided by the types left, less what starting and stopping workers has been seen to cost. A busted
 *          type ends at its first failure and leaves its time to the others.
 */
import { performance } from 'node:perf_hooks'
import type { TortureResult } from '../results/torture.ts'
import type { Params } from './params.ts'
import { torture, type TortureOptions } from './run.ts'
import type { TortureType } from './type.ts'

/** No test is shorter, however little time is left. */
const LEAST_MS = 300
/** Longest that a busted type may take to fail. */
const BUSTED_MS = 10_000
/** First guess of what a test costs besides its duration. */
const OVERHEAD_MS = 500
/** Kept of the total for a last test that takes longer to end than those before it. */
const RESERVE_MS = 1500

/** How to run all types. */
export interface AllOptions extends Omit<TortureOptions, 'params'> {
  /** shutdown_secs is the total. */
  readonly params: Params
  /** Told each result as it comes. */
  readonly onResult?: (result: TortureResult) => void
}

/** Runs the types one after the other and returns their results; stops early when the signal says so. */
export async function tortureAll(
  types: readonly TortureType[],
  options: AllOptions,
): Promise<TortureResult[]> {
  const total = options.params.shutdown_secs
  const end = performance.now() + total - Math.min(RESERVE_MS, total / 20)
  const results: TortureResult[] = []
  let overhead = OVERHEAD_MS
  for (const [i, type] of types.entries()) {
    if (options.signal?.aborted === true) break
    const started = performance.now()
    const busted = type.busted !== undefined
    const share = Math.round(Math.max(LEAST_MS, (end - started) / (types.length - i) - overhead))
    const shutdown_secs = busted ? BUSTED_MS : share
    const result = await torture(type, {
      ...options,
      params: {
        ...options.params,
        shutdown_secs,
        stutter: Math.min(options.params.stutter, Math.round(share / 4)),
      },
      untilFailure: busted,
    })
    overhead = (overhead + performance.now() - started - result.durationMs) / 2
    results.push(result)
    options.onResult?.(result)
  }
  return results
}
