/**
 * The same forced run many times: are all alike? What counts is the verdict and the ladder, row by row.
 */
import type { Scenario } from '../../define/race.ts'
import type { Crew } from './crew.ts'
import { runForced, type ForcedRun } from './run.ts'

/** Many forced runs of one scenario under one strategy. */
export interface Repeated {
  readonly first: ForcedRun
  readonly times: number
  /** Runs with the verdict and the ladder of the first, itself included. */
  readonly same: number
}

function shape({ cell, ladder }: ForcedRun): string {
  return JSON.stringify([cell, ladder])
}

/** Who looks on while runs are repeated. */
export interface RepeatOptions {
  readonly progress?: (done: number) => void
  /** Asked before each run but the first: true ends it with the runs there are. */
  readonly stop?: () => boolean
}

/** Runs it `times` times, one after the other. The crew must be checked. */
export async function runRepeated(
  crew: Crew,
  scenario: Scenario,
  strategy: string,
  times: number,
  { progress, stop }: RepeatOptions = {},
): Promise<Repeated> {
  const first = await runForced(crew, scenario, strategy)
  const wanted = shape(first)
  let same = 1
  let done = 1
  const stopped = (): boolean => stop?.() === true
  while (done < times && !stopped()) {
    if (shape(await runForced(crew, scenario, strategy)) === wanted) same++
    done++
    progress?.(done)
  }
  return { first, times: done, same }
}
