/**
 * One search with its budget, as plain data: what an exploration consists of, and what a core is told to do.
 */
import { sawAll } from '../verdict.ts'
import { dfsMeeting, dfsSearch } from './dfs.ts'
import { dporSearch } from './dpor.ts'
import { nearSearch, type Guide } from './near.ts'
import { pct } from './pct.ts'
import { pos } from './pos.ts'
import { randomWalk } from './random.ts'
import { statesSearch } from './states.ts'
import { drive, type Engine, type Limits, type Search, type SearchResult } from './search.ts'

/** Searches by name, but for the portfolio, which is several of them. */
export const PHASES = ['dpor', 'dfs', 'pct', 'pos', 'random'] as const
/** One more for engines that tell their states. */
export const STATES = 'states'
/** One more where runs are known from elsewhere. */
export const NEAR = 'near'

/** See the head of this file. */
export interface Phase {
  readonly search: (typeof PHASES)[number] | typeof STATES | typeof NEAR
  /** Of near. */
  readonly near?: readonly Guide[]
  /** Preemptions of dfs; all schedules if not given. */
  readonly bound?: number
  /** dfs preempts nobody before words that its model calls calm. */
  readonly coarse?: boolean
  /** Change points of pct, plus one. */
  readonly depth?: number
  readonly seed?: number
  readonly executions?: number
  readonly ms?: number
}

type Run = (engine: Engine, phase: Phase & Limits) => Search

const RUN: Readonly<Record<Phase['search'], Run>> = {
  dpor: reducedSearch,
  dfs: bounded,
  pct,
  pos,
  random: randomWalk,
  states: statesSearch,
  near: nearSearch,
}

/**
 * DPOR leaves out orders of steps that commute, and with them states between those steps. Where an invariant looks at each, every step
 * from every class of prefixes is taken.
 */
function reducedSearch(engine: Engine, phase: Phase & Limits): Search {
  return engine.isChecked ? dfsSearch(engine, { ...phase, cache: true }) : dporSearch(engine, phase)
}

/** Preemptions that show nothing are left out where whoever searches can know all of the words on which CPUs meet. */
function bounded(engine: Engine, phase: Phase & Limits): Search {
  const { sharing, subtree } = phase
  const cached = { ...phase, cache: true }
  if (engine.rules.eventsOnly !== true) return dfsSearch(engine, { ...cached, coarse: false })
  if (sharing === undefined && subtree === undefined) return dfsMeeting(engine, phase)
  return dfsSearch(engine, sharing?.meetings ? { ...cached, meetings: sharing.meetings } : cached)
}

/** True for searches that walk a tree, which can be split; the others draw schedules from seeds. */
export function walksTree({ search }: Phase): boolean {
  return search === 'dpor' || search === 'dfs'
}

/** What a search has seen: where time-outs were rationed, not everything. */
function seen(engine: Engine, result: SearchResult): SearchResult {
  return engine.rationed ? { ...result, exhausted: false } : result
}

/** A search in progress. `limits` go before the phase's own. */
export function* searchOf(engine: Engine, phase: Phase, limits: Limits = {}): Search {
  return seen(engine, yield* RUN[phase.search](engine, { ...phase, ...limits }))
}

/** Runs a search. */
export function runPhase(engine: Engine, phase: Phase, limits: Limits = {}): SearchResult {
  // Each generator between a search and who drives it would take its time from every execution.
  return seen(engine, drive(engine, RUN[phase.search](engine, { ...phase, ...limits })))
}

/** True if the result ends the exploration: a failure, or everything seen. */
export function isLast(result: SearchResult): boolean {
  return result.first !== undefined || sawAll(result)
}
