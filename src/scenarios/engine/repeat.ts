/**
 * The same forced run many times: are all alike? What counts is the verdict and the ladder, row by row.
 */
import type { Scenario } from '../scenario.ts'
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

/** Runs it `times` times, one after the other. The crew must be checked. */
export async function runRepeated(
  crew: Crew,
  scenario: Scenario,
  strategy: string,
  times: number,
): Promise<Repeated> {
  const first = await runForced(crew, scenario, strategy)
  const wanted = shape(first)
  let same = 1
  for (let i = 1; i < times; i++) {
    if (shape(await runForced(crew, scenario, strategy)) === wanted) same++
  }
  return { first, times, same }
}
