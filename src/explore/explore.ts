/**
 * Explores one model: searches, and if something fails, minimises it and draws the ladder.
 */
import { renderLadder } from '../report/ladder.ts'
import { conclusionOf } from './conclusion.ts'
import { DETECTOR, OUTCOME_NAMES } from '../define/outcome.ts'
import type { Reexec } from './engine/reexec.ts'
import { Folding, LadderBuilder } from './ladder_rows.ts'
import { minimise, policyFor } from './minimise.ts'
import type { Model } from '../define/model.ts'
import { Narrator } from './narrator.ts'
import {
  deviationsOf,
  formatSchedule,
  hashOf,
  parseReplay,
  preemptionsOf,
  type Deviation,
} from './schedule.ts'
import { alternately } from './searches/alternately.ts'
import type { Part } from './searches/cut.ts'
import type { Guide } from './searches/near.ts'
import { isLast, NEAR, PHASES, runPhase, searchOf, STATES, type Phase } from './searches/phase.ts'
import { exhaustive, portfolio } from './searches/portfolio.ts'
import {
  drive,
  type Engine,
  type Found,
  type Limits,
  type Progress,
  type Running,
  type SearchResult,
} from './searches/search.ts'
import { Stage } from './stage.ts'
import type { Symbols } from './symbols.ts'
import { verdictOf, type Failure, type Verdict } from './verdict.ts'

/** Names of the searches. */
export const SEARCHES = ['portfolio', 'exhaust', ...PHASES] as const
export type SearchName = (typeof SEARCHES)[number]

/** How to search. */
export interface ExploreOptions {
  readonly search?: SearchName | typeof STATES | typeof NEAR
  /** Runs that near begins with. */
  readonly near?: readonly Guide[]
  /** Preemptions of dfs. */
  readonly bound?: number
  /** dfs preempts nobody before words that the model calls calm: less is seen, and more preemptions are in reach. */
  readonly coarse?: boolean
  /** Change points of pct, plus one. */
  readonly depth?: number
  readonly executions?: number
  readonly ms?: number
  readonly seed?: number
  /** Search this part of the tree only: of dpor and dfs, on a crew. */
  readonly part?: Part
  /** Told now and then how far a search has come. */
  readonly progress?: (progress: Progress) => void
}

const DEFAULT_MS = 10_000
const DEFAULT_EXECUTIONS = 100_000

/** The searches that the options ask for, to be run in turn until one `isLast`. */
export function phasesOf(options: ExploreOptions): Phase[] {
  const { search = 'portfolio', bound, coarse, depth, near, seed = 1 } = options
  const { executions = DEFAULT_EXECUTIONS, ms = DEFAULT_MS } = options
  if (search === 'portfolio') return portfolio({ ms, executions, seed })
  if (search === 'exhaust') return exhaustive({ ms, executions, seed })
  return [
    {
      search,
      executions,
      ms,
      seed,
      ...(bound !== undefined && { bound }),
      ...(coarse === true && { coarse }),
      ...(depth !== undefined && { depth }),
      ...(near !== undefined && { near }),
    },
  ]
}

function progressOf({ progress }: ExploreOptions): Limits {
  return progress === undefined ? {} : { progress }
}

/** The searches that the options ask for, in their order: which of two that are beside each other is faster depends on the program. */
function turnsOf(engine: Engine, options: ExploreOptions): Phase[][] {
  return phasesOf(options).map((phase) => {
    const beside = engine.states !== undefined && phase.search === 'dpor' && options.search !== 'dpor'
    return beside ? [{ ...phase, search: STATES }, phase] : [phase]
  })
}

/** Searches with one engine. */
export function runSearch(engine: Engine, options: ExploreOptions): SearchResult[] {
  const results: SearchResult[] = []
  const limits = progressOf(options)
  for (const turn of turnsOf(engine, options)) {
    const found =
      turn.length > 1
        ? drive(engine, alternately(turn.map((phase) => searchOf(engine, phase, limits))))
        : turn.map((phase) => runPhase(engine, phase, limits))
    results.push(...found)
    if (found.some(isLast)) break
  }
  return results
}

/** The same in progress. */
export function* searching(engine: Engine, options: ExploreOptions): Running<SearchResult[]> {
  const results: SearchResult[] = []
  const limits = progressOf(options)
  for (const turn of turnsOf(engine, options)) {
    const found = yield* alternately(turn.map((phase) => searchOf(engine, phase, limits)))
    results.push(...found)
    if (found.some(isLast)) break
  }
  return results
}

/** Explores a model on this thread, in the checked build. */
export function explore(model: Model, options: ExploreOptions = {}): Verdict {
  using stage = new Stage(model)
  const results = runSearch(stage.engine, options)
  const failing = results.find(({ first }) => first !== undefined)
  const failure = failing?.first === undefined ? undefined : describe(stage, failing.search, failing.first)
  return verdictOf(model, results, failure)
}

/** What a failing schedule is drawn from: a stage, or what stands for it. */
export interface Staged {
  readonly model: Pick<Model, 'name' | 'fold'>
  readonly symbols: Symbols
  readonly engine: Reexec
  /** Words of the engine's own for what its steps do. */
  readonly narrative?: object
  readonly lockdep?: { report(): string } | undefined
}

/** The report that a run has ended with, if it has. */
function reportOf({ engine, lockdep }: Staged): { readonly report?: string } {
  const report = engine.outcome === DETECTOR ? lockdep?.report() : undefined
  return report === undefined ? {} : { report }
}

/** Minimises a failing schedule and draws its ladder. */
export function describe(stage: Staged, search: string, found: Found): Failure {
  return drive(stage.engine, describing(stage, search, found))
}

/** The same in progress. */
export function* describing(stage: Staged, search: string, found: Found): Running<Failure> {
  const { engine, model } = stage
  const { schedule, preemptions, steps } = yield* minimise(engine, found.schedule)
  const ladder = yield* drawLadder(stage, schedule)
  return {
    kind: OUTCOME_NAMES[engine.outcome] ?? 'passed',
    message: engine.message,
    search,
    at: found.at,
    replay: `${model.name}@${formatSchedule(schedule)}/h${hashOf(engine)}`,
    preemptions,
    steps,
    ladder,
    ...reportOf(stage),
  }
}

/** Runs the schedule once more, with labels. Returns the lines of the ladder. */
function* drawLadder(
  { engine, model, symbols, narrative }: Staged,
  schedule: readonly Deviation[],
): Running<string[]> {
  const narrator = new Narrator(engine)
  engine.listener = narrator
  Object.assign(engine, { narrative })
  engine.forgetStart()
  try {
    yield policyFor(engine, schedule)
  } finally {
    engine.listener = null
    Object.assign(engine, { narrative: undefined })
  }
  const builder = new LadderBuilder(
    symbols,
    new Folding(model.fold ?? ['mem']),
    engine.cpus,
    engine.failedAddr,
  )
  builder.addAll(narrator.ordered())
  return [...renderLadder(builder.rows, engine.cpus), '', ...conclusionOf(engine, symbols)]
}

/** What a replayed schedule does. */
export interface Replayed {
  readonly outcome: (typeof OUTCOME_NAMES)[number]
  readonly message: string
  /** False if the string's hash says that the code has changed since. */
  readonly sameCode: boolean
  readonly replay: string
  readonly preemptions: number
  readonly ladder: readonly string[]
  /** What lockdep has reported, if that is the outcome. */
  readonly report?: string
}

/** Replays a string such as `mutex@7>1,12>0/h3f2a`. */
export function replay(model: Model, text: string): Replayed {
  using stage = new Stage(model)
  return replayOn(stage, text)
}

/** Replays a string on a model that has been set up. */
export function replayOn(stage: Staged, text: string): Replayed {
  return drive(stage.engine, replaying(stage, text))
}

/** The same in progress. */
export function* replaying(stage: Staged, text: string): Running<Replayed> {
  const { schedule, hash } = parseReplay(text)
  const ladder = yield* drawLadder(stage, schedule)
  const { engine, model } = stage
  const now = hashOf(engine)
  // A step that the program never came to: the string is about other code, whatever this run came to.
  const unreached = schedule.some(({ step }) => step >= engine.step)
  return {
    outcome: unreached ? 'schedule does not fit the code' : (OUTCOME_NAMES[engine.outcome] ?? 'passed'),
    message: engine.message,
    sameCode: hash === '' || hash === now,
    replay: `${model.name}@${formatSchedule(deviationsOf(engine))}/h${now}`,
    preemptions: preemptionsOf(engine),
    ladder,
    ...reportOf(stage),
  }
}
