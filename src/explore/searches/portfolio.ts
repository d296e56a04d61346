/**
 * The search that runs by default: bounds 0, 1, 2 with caching, which find the simplest schedule first; then DPOR within a
 * budget; and if that does not see everything, POS and PCT of growing depth for the rest of the time.
 */
import type { Phase } from './phase.ts'

/** Budgets of the portfolio. */
export interface PortfolioOptions {
  /** Milliseconds for all of it. */
  readonly ms: number
  /** Executions of each phase at most. */
  readonly executions: number
  readonly seed: number
}

const BOUNDS = [0, 1, 2]
const DEPTHS = [2, 3, 4, 5, 6]
/** Shares of the time: all bounds together, then DPOR. */
const BOUND_SHARE = 0.15
const DPOR_SHARE = 0.6

/** The searches of the portfolio, to be run in turn until one fails, one has seen everything, or the last has ended. */
export function portfolio({ ms, executions, seed }: PortfolioOptions): Phase[] {
  const bounded = { ms: (ms * BOUND_SHARE) / BOUNDS.length, executions }
  const sampled = {
    ms: (ms * (1 - BOUND_SHARE - DPOR_SHARE)) / (DEPTHS.length + 1),
    executions,
    seed,
  }
  return [
    ...BOUNDS.map((bound): Phase => ({ search: 'dfs', bound, ...bounded })),
    { search: 'dpor', ms: ms * DPOR_SHARE, executions },
    { search: 'pos', ...sampled },
    ...DEPTHS.map((depth): Phase => ({ search: 'pct', depth, ...sampled })),
  ]
}

/** What the table of all models asks: is it exhausted by DPOR, and if that takes too long, up to how many preemptions? */
export function exhaustive({ ms, executions }: PortfolioOptions): Phase[] {
  const limits = { ms, executions }
  return [
    { search: 'dpor', ...limits },
    ...[1, 2].map((bound): Phase => ({ search: 'dfs', bound, ...limits })),
  ]
}
