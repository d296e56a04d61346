/**
 * Runs a storm of any workload: machines on, then step after step, in an order in which every contender has its turn in each
 * round (A B C, A B C, …), so that a busy moment of the computer hits all of them.
 *
 * Invariant   whatever happens, nothing is left running and what was measured so far is returned.
 */
import { MachineFailure } from '../machine/failure.ts'
import { environment, moment } from '../results/environment.ts'
import type { StormEnd } from '../results/storm.ts'
import { Fleet, type FleetOptions } from './fleet.ts'
import type { StormSession, StormStep } from './workload.ts'

/** Where a run is, for a progress line. */
export interface StormProgress {
  readonly round: number
  readonly rounds: number
  /** `''` while machines boot. */
  readonly lane: string
  readonly label: string
  readonly phase: 'boot' | StormStep['phase']
}

/** How a storm is run: what does not change its plan. */
export interface StormOptions extends FleetOptions {
  /** Called before each step. */
  readonly progress?: (state: StormProgress) => void
  /** Asked before each step: true ends the run with what there is. */
  readonly stop?: () => boolean
}

/** Runs a session. Rejects only if the machines cannot be made at all (PlanTooBig). */
export async function runSession<Row>(
  session: StormSession<Row>,
  options: StormOptions,
): Promise<StormEnd<Row>> {
  const begun = moment()
  const fleet = new Fleet(session, options)
  let failure: MachineFailure | undefined
  try {
    await allSteps(session, fleet, options)
  } catch (error) {
    if (!(error instanceof MachineFailure)) throw error
    failure = error
  } finally {
    await fleet.off()
  }
  const { lockReports } = fleet
  const reports = lockReports?.reports ?? []
  const stats = lockReports?.stats ?? []
  const holds = lockReports?.holds ?? []
  const found = reports.length > 0 || session.found
  return {
    env: environment(begun),
    results: session.results(),
    ...(lockReports !== undefined && { lockReports: reports }),
    ...(stats.length > 0 && { lockStat: stats }),
    ...(holds.length > 0 && { lockHolds: holds }),
    verdict: failure !== undefined ? 'broken' : found ? 'finding' : 'ok',
    ...(failure !== undefined && { failure: failure.report }),
  }
}

async function allSteps<Row>(
  session: StormSession<Row>,
  fleet: Fleet,
  { progress, stop = () => false }: StormOptions,
): Promise<void> {
  progress?.({ phase: 'boot', round: 0, rounds: 0, lane: '', label: '' })
  const start = performance.now()
  await fleet.powerOn(stop)
  session.booted?.(performance.now() - start)
  for (const step of session.steps()) {
    if (stop()) return
    if (step.phase === 'round') fleet.measure()
    progress?.(step)
    if (!(await oneStep(fleet, step))) await fleet.replace(step.lane)
  }
}

async function oneStep(fleet: Fleet, step: StormStep): Promise<boolean> {
  const machine = fleet.machine(step.lane)
  try {
    return await step.run(machine)
  } catch (error) {
    if (error instanceof MachineFailure && step.broke?.(machine, error) === true) return false
    throw error
  }
}
