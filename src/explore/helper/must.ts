/**
 * For tests: explores, and throws unless the verdict is the wanted one. A failure can be kept in a file, see artefact.ts.
 */
import type { Verdict } from '../verdict.ts'
import { artefactFolder, keepFailure } from './artefact.ts'
import type { AsyncProgram } from './async_stage.ts'
import { exploreAsync } from './explore_async.ts'
import { explore, type SearchOptions } from './explore_sync.ts'
import { identityOf } from './identity.ts'
import type { ProgramFile } from './program_file.ts'
import type { Program } from './program.ts'
import { ExplorationError, warnUnlessHeld } from './verdicts.ts'

type Either = Program | AsyncProgram | ProgramFile

/** How to search, and where to keep what fails. */
export interface MustOptions extends SearchOptions {
  /** Folder in which a failure is kept for `replayFile`; the environment's LOCKSTORM_ARTEFACTS if not given; none if neither is. */
  readonly artefacts?: string
}

/** The options of the search alone. */
export function searchOptions(options: MustOptions): SearchOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'artefacts'))
}

/** The error of a failed program, or of one that was not seen whole; its failure is kept if there is a place for it. */
export function errorOf(program: Either, verdict: Verdict, { artefacts }: MustOptions): ExplorationError {
  const folder = artefactFolder(artefacts)
  const { failure } = verdict
  if (folder === undefined || failure === undefined || failure.replay === '')
    return new ExplorationError(verdict)
  return new ExplorationError(verdict, keepFailure(folder, identityOf(program), failure))
}

function held(program: Either, verdict: Verdict, options: MustOptions): Verdict {
  if (verdict.failure !== undefined) throw errorOf(program, verdict, options)
  warnUnlessHeld(verdict)
  return verdict
}

function exhausted(program: Either, verdict: Verdict, options: MustOptions): Verdict {
  if (verdict.verdict !== 'holds') throw errorOf(program, verdict, options)
  return verdict
}

/**
 * Explores a program that must hold. Says on the console what was covered if that was not everything.
 * @throws ExplorationError with the ladder, if it fails
 */
export function mustHold(program: Program | ProgramFile, options: MustOptions = {}): Verdict {
  return held(program, explore(program, searchOptions(options)), options)
}

/**
 * Explores a program of which every interleaving must be seen, and must hold.
 * @throws ExplorationError if it fails, or the budget ends before everything has been seen
 */
export function mustExhaust(program: Program | ProgramFile, options: MustOptions = {}): Verdict {
  return exhausted(program, explore(program, searchOptions(options)), options)
}

/**
 * `mustHold` for async bodies.
 * @throws ExplorationError with the ladder, if the program fails
 */
export async function mustHoldAsync(program: AsyncProgram, options: MustOptions = {}): Promise<Verdict> {
  return held(program, await exploreAsync(program, searchOptions(options)), options)
}

/**
 * `mustExhaust` for async bodies.
 * @throws ExplorationError if the program fails, or the budget ends before everything has been seen
 */
export async function mustExhaustAsync(program: AsyncProgram, options: MustOptions = {}): Promise<Verdict> {
  return exhausted(program, await exploreAsync(program, searchOptions(options)), options)
}
