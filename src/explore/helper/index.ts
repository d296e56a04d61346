/**
 * `lockstorm/explore`: every interleaving of a few lines that use plain `Atomics`, inside an ordinary test. The code under
 * test knows nothing of us: while it is explored, the globals it uses are the explorer's.
 *
 * Rules   a body builds its objects itself each time it runs, from the memory that it is given, changes nothing but that memory, and
 *         does not swallow what the explorer throws (`isControl`). A loop that polls memory calls Atomics.pause or cpuRelax.
 * Errors  ExplorationError is a finding against the program; RefusedError says that the explorer cannot judge it.
 */
import { isControl } from '../../define/outcome.ts'
import type { ExploreOptions, Replayed } from '../explore.ts'
import type { Verdict } from '../verdict.ts'
import { chooseAmong } from './choose.ts'
import type { Program } from './program.ts'
import { RefusedError, type RefusalCode } from './refused.ts'
import { declareHarmless } from './source/outside.ts'
import { activeMemory } from './views.ts'
import { ExplorationError } from './verdicts.ts'

export { replayFile, replayFileAsync } from './artefact.ts'
export { BLOCKED } from './histories.ts'
export { mustLinearize, type CheckedOperation, type Linearized, type Specification } from './linearize.ts'
export type { AgentHandle, AgentPort } from './ports.ts'
export type { AsyncProgram } from './async_stage.ts'
export { exploreAsync, replayAsync } from './explore_async.ts'
export { explore, replay, type SearchOptions } from './explore_sync.ts'
export type { ProgramFile } from './program_file.ts'
export { mustExhaust, mustExhaustAsync, mustHold, mustHoldAsync, type MustOptions } from './must.ts'

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

/** In a loop that polls memory: not runnable until something that was read has changed. Outside of an exploration nothing. */
export function cpuRelax(): void {
  activeMemory()?.engine.cpu_relax()
}

/** In a body: one of 0 to n − 1, all of which are explored. */
export function choose(n: number): number {
  return chooseAmong(activeMemory()?.engine, n)
}

declareHarmless(cpuRelax, choose, isControl)
