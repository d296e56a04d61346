/**
 * `lockstorm/explore`: every interleaving of a few lines that use plain `Atomics`, inside an ordinary test. The code under
 * test knows nothing of us: while it is explored, the globals it uses are the explorer's.
 *
 * Rules   a body builds its objects itself each time it runs, from the memory that it is given, changes nothing but that memory, and
 *         does not swallow what the explorer throws (`isControl`). A loop that polls memory calls Atomics.pause or cpuRelax.
 * Errors  ExplorationError is a finding against the program; RefusedError says that the explorer cannot judge it.
 */
import { isControl } from '../../define/outcome.ts'
import { describe, replayOn, runSearch, type ExploreOptions, type Replayed } from '../explore.ts'
import type { SearchResult } from '../searches/search.ts'
import type { Verdict } from '../verdict.ts'
import { chooseAmong } from './choose.ts'
import { checkOptions, checkProgram, type Program } from './program.ts'
import { RefusedError, type RefusalCode } from './refused.ts'
import { declareHarmless } from './source/outside.ts'
import { staged, type UserStage } from './stage.ts'
import { activeMemory } from './views.ts'
import { concluded, DEFAULT_MS, ExplorationError, unrepeatable, warnUnlessHeld } from './verdicts.ts'
import { guarded } from './watchdog.ts'

export { BLOCKED } from './histories.ts'
export { mustLinearize, type CheckedOperation, type Linearized, type Specification } from './linearize.ts'
export type { AgentHandle, AgentPort } from './async_globals.ts'
export type { AsyncProgram } from './async_stage.ts'
export { exploreAsync, mustExhaustAsync, mustHoldAsync, replayAsync } from './explore_async.ts'

export {
  ExplorationError,
  isControl,
  RefusedError,
  type ExploreOptions,
  type Program,
  type RefusalCode,
  type Replayed,
  type Verdict,
}

function judged(stage: UserStage, program: Program, results: readonly SearchResult[]): Verdict {
  const failing = results.find(({ first }) => first !== undefined)
  const failure =
    failing?.first &&
    (unrepeatable(failing.search, failing.first) ?? describe(stage, failing.search, failing.first))
  return concluded(stage, program, results, failure)
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
 * @throws RefusedError if the program or the options are wrong, or the program does what the explorer cannot see
 */
export function explore(program: Program, options: ExploreOptions = {}): Verdict {
  checkProgram(program)
  checkOptions(options)
  const plain = exploreWith(program, options, false)
  if (plain.verdict === 'fails' || (program.spuriousWakeups ?? 0) === 0) return plain
  // Wake-ups that nobody sent must never be what a program lives on, so they come second.
  const woken = exploreWith(program, options, true)
  const coverage = [...plain.coverage, ...woken.coverage]
  if (woken.verdict === 'fails') return Object.assign(woken, { coverage })
  return { ...woken, coverage, verdict: plain.verdict === 'holds' ? woken.verdict : plain.verdict }
}

/**
 * Explores a program that must hold. Says on the console what was covered if that was not everything.
 * @throws ExplorationError with the ladder, if it fails
 */
export function mustHold(program: Program, options: ExploreOptions = {}): Verdict {
  const verdict = explore(program, options)
  if (verdict.failure !== undefined) throw new ExplorationError(verdict)
  warnUnlessHeld(verdict)
  return verdict
}

/**
 * Explores a program of which every interleaving must be seen, and must hold.
 * @throws ExplorationError if it fails, or the budget ends before everything has been seen
 */
export function mustExhaust(program: Program, options: ExploreOptions = {}): Verdict {
  const verdict = explore(program, options)
  if (verdict.verdict !== 'holds') throw new ExplorationError(verdict)
  return verdict
}

/** Runs one schedule again. */
export function replay(program: Program, text: string): Replayed {
  checkProgram(program)
  return guarded(DEFAULT_MS, () =>
    staged(program, { spurious: (program.spuriousWakeups ?? 0) > 0 }, (stage) => replayOn(stage, text)),
  )
}

/** In a loop that polls memory: not runnable until something that was read has changed. Outside of an exploration nothing. */
export function cpuRelax(): void {
  activeMemory()?.engine.cpu_relax()
}

/** In a body: one of 0 to n − 1, all of which are explored. */
export function choose(n: number): number {
  return chooseAmong(activeMemory()?.engine, n)
}

declareHarmless(cpuRelax, choose, isControl)
