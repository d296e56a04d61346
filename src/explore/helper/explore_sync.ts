/**
 * Exploring bodies that return when they are done.
 */
import { describe, replayOn, runSearch, type ExploreOptions, type Replayed } from '../explore.ts'
import type { Guide } from '../searches/near.ts'
import { NEAR } from '../searches/phase.ts'
import type { SearchResult } from '../searches/search.ts'
import type { Verdict } from '../verdict.ts'
import { isProgramFile, type ProgramFile } from './program_file.ts'
import { exploreFile } from './program_worker.ts'
import { checkOptions, checkProgram, type Program } from './program.ts'
import { staged, type UserStage } from './stage.ts'
import { RefusedError } from './refused.ts'
import { concluded, DEFAULT_MS, toldOf, together, unrepeatable } from './verdicts.ts'
import { guarded } from './watchdog.ts'

/** How to search, and on how many cores. */
export interface SearchOptions extends ExploreOptions {
  /** Cores to search on, 1 if not given. More need a program of a module, see ProgramFile. */
  readonly jobs?: number
}

const ALONE =
  "jobs of the options: bodies are functions, which cannot be given to other threads. Export the program from a module of its own and give { module: new URL('./lock.program.js', import.meta.url), export: 'program' } in its place"

function judged(stage: UserStage, program: Program, results: readonly SearchResult[]): Verdict {
  const failing = results.find(({ first }) => first !== undefined)
  const failure =
    failing?.first &&
    (unrepeatable(failing.search, failing.first) ?? describe(stage, failing.search, failing.first))
  return concluded(toldOf(stage, program), results, failure, stage.engine.error)
}

function exploreWith(program: Program, options: ExploreOptions, spurious: boolean): Verdict {
  const { ms = DEFAULT_MS } = options
  return guarded(ms, () =>
    staged(program, { spurious }, (stage) =>
      judged(stage, program, runSearch(stage.engine, { ...options, ms })),
    ),
  )
}

/**
 * Explores a program: by default with bounds of 0 to 2 preemptions, then DPOR, then sampling, for at most 4 seconds.
 * `verdict` is 'holds' if every interleaving has been seen, 'passed' if the budget ended before, 'fails' with a `failure`
 * that has the ladder and the replay string. What each of them claims: docs/verdicts.md.
 * A program of a module is loaded and explored in worker threads, on as many cores as `jobs` says.
 * @throws RefusedError if the program or the options are wrong, or the program does what the explorer cannot see
 */
export function explore(program: Program | ProgramFile, given: SearchOptions = {}): Verdict {
  const { jobs = 1, ...options } = given
  checkOptions(given, ['jobs'])
  if (isProgramFile(program)) return exploreFile(program, options, jobs)
  checkProgram(program)
  if (jobs > 1) throw new RefusedError('ERR_EXPLORE_BAD_PROGRAM', ALONE)
  const plain = exploreWith(program, options, false)
  if (plain.verdict === 'fails' || (program.spuriousWakeups ?? 0) === 0) return plain
  // Wake-ups that nobody sent must never be what a program lives on, so they come second.
  return together(plain, exploreWith(program, options, true))
}

/** Searches near runs that are known from elsewhere. It has not seen everything unless it has seen a failure. */
export function exploreNear(program: Program, near: readonly Guide[], executions: number): Verdict {
  checkProgram(program)
  return exploreWith(program, { search: NEAR, near, executions }, false)
}

/** Runs one schedule again. */
export function replay(program: Program, text: string): Replayed {
  checkProgram(program)
  return guarded(DEFAULT_MS, () =>
    staged(program, { spurious: (program.spuriousWakeups ?? 0) > 0 }, (stage) => replayOn(stage, text)),
  )
}
