/**
 * Exploring bodies that await: waitAsync, promises, timers, messages.
 */
import { describing, replaying, searching, type ExploreOptions, type Replayed } from '../explore.ts'
import { driveAsync, type Found, type Running } from '../searches/search.ts'
import type { Failure, Verdict } from '../verdict.ts'
import { stagedAsync, type AsyncProgram, type AsyncStage } from './async_stage.ts'
import { checkOptions, checkProgram, type Program } from './program.ts'
import { isProgramFile } from './program_file.ts'
import { RefusedError, unsupported } from './refused.ts'
import { concluded, DEFAULT_MS, toldOf, unrepeatable } from './verdicts.ts'

function* failureOf(stage: AsyncStage, search: string, found: Found): Running<Failure> {
  return unrepeatable(search, found) ?? (yield* describing(stage, search, found))
}

function checkAsync(program: AsyncProgram): void {
  if (isProgramFile(program))
    throw unsupported('a program of a module must have synchronous bodies: give async ones as they are')
  checkProgram(program as unknown as Program)
  for (const name of ['earlyTimeouts', 'spuriousWakeups']) {
    if (!(name in program)) continue
    throw new RefusedError('ERR_EXPLORE_BAD_PROGRAM', `${name} of the program is for synchronous bodies only`)
  }
}

/** `explore` for async bodies. Each is an agent with an event loop of its own. */
export async function exploreAsync(program: AsyncProgram, options: ExploreOptions = {}): Promise<Verdict> {
  checkAsync(program)
  if ('jobs' in options)
    throw unsupported('jobs of the options: async bodies take turns in the event loop of this thread')
  checkOptions(options)
  const { ms = DEFAULT_MS } = options
  const use = async (stage: AsyncStage): Promise<Verdict> => {
    const { engine } = stage
    const results = await driveAsync(engine, searching(engine, { ...options, ms }))
    const failing = results.find(({ first }) => first !== undefined)
    const failure =
      failing?.first && (await driveAsync(engine, failureOf(stage, failing.search, failing.first)))
    return concluded(toldOf(stage, program), results, failure, engine.error)
  }
  return stagedAsync(program, use, undefined, ms)
}

/** Runs one schedule of async bodies again. */
export async function replayAsync(program: AsyncProgram, text: string): Promise<Replayed> {
  checkAsync(program)
  return stagedAsync(program, async (stage) => driveAsync(stage.engine, replaying(stage, text)))
}
