/**
 * One search with its budget, as plain data: what an exploration consists of, and what a core is told to do.
 */
import { dfs } from './dfs.ts'
import { dpor } from './dpor.ts'
import { pct } from './pct.ts'
import { pos } from './pos.ts'
import { randomWalk } from './random.ts'
import type { Engine, Limits, SearchResult } from './search.ts'

/** Searches by name, but for the portfolio, which is several of them. */
export const PHASES = ['dpor', 'dfs', 'pct', 'pos', 'random'] as const

/** See the head of this file. */
export interface Phase {
  readonly search: (typeof PHASES)[number]
  /** Preemptions of dfs; all schedules if not given. */
  readonly bound?: number
  /** Change points of pct, plus one. */
  readonly depth?: number
  readonly seed?: number
  readonly executions?: number
  readonly ms?: number
}

type Run = (engine: Engine, phase: Phase & Limits) => SearchResult

const RUN: Readonly<Record<Phase['search'], Run>> = {
  dpor,
  dfs: (engine, phase) => dfs(engine, { ...phase, cache: true }),
  pct,
  pos,
  random: randomWalk,
}

/** True for searches that walk a tree, which can be split; the others draw schedules from seeds. */
export function walksTree({ search }: Phase): boolean {
  return search === 'dpor' || search === 'dfs'
}

/** Runs a search. `limits` go before the phase's own. */
export function runPhase(engine: Engine, phase: Phase, limits: Limits = {}): SearchResult {
  return RUN[phase.search](engine, { ...phase, ...limits })
}

/** True if the result ends the exploration: a failure, or everything seen. */
export function isLast({ first, exhausted, search }: SearchResult): boolean {
  return first !== undefined || (exhausted && !search.includes('bound'))
}
