/**
 * The search that runs by default: bounds 0, 1, 2 with caching, which find the simplest schedule first; then DPOR within a
 * budget; and if that does not see everything, POS and PCT of growing depth for the rest of the time.
 */
import { dfs } from './dfs.ts'
import { dpor } from './dpor.ts'
import { pct } from './pct.ts'
import { pos } from './pos.ts'
import type { Engine, SearchResult } from './search.ts'

/** Budgets of the portfolio. */
export interface PortfolioOptions {
  /** Milliseconds for all of it. */
  readonly ms: number
  /** Executions of DPOR, and of sampling, at most. */
  readonly executions: number
  readonly seed: number
}

const BOUNDS = [0, 1, 2]
const DEPTHS = [2, 3, 4, 5, 6]
/** Shares of the time: all bounds together, then DPOR. */
const BOUND_SHARE = 0.15
const DPOR_SHARE = 0.6

/** Runs the searches in turn until one fails, one has seen everything, or the time is up. */
export function portfolio(engine: Engine, options: PortfolioOptions): SearchResult[] {
  const { ms, executions, seed } = options
  const results: SearchResult[] = []
  const run = (search: () => SearchResult): boolean => {
    const result = search()
    results.push(result)
    return result.first !== undefined
  }
  for (const bound of BOUNDS) {
    const limits = { ms: (ms * BOUND_SHARE) / BOUNDS.length, executions }
    if (run(() => dfs(engine, { bound, cache: true, ...limits }))) return results
  }
  if (run(() => dpor(engine, { ms: ms * DPOR_SHARE, executions })) || results.at(-1)?.exhausted === true)
    return results
  const each = { ms: (ms * (1 - BOUND_SHARE - DPOR_SHARE)) / (DEPTHS.length + 1), executions, seed }
  if (run(() => pos(engine, each))) return results
  for (const depth of DEPTHS) if (run(() => pct(engine, { depth, ...each }))) return results
  return results
}
