/**
 * `lockstorm storm --workload mdev`: all devices are created and removed at once.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { lockText } from '../report/lock_text.ts'
import { stormAnswer } from '../report/storm_answer.ts'
import { stormTables } from '../report/storm_table.ts'
import { FLOOR, type StormRun } from '../results/storm.ts'
import { runStorm, whyTooBig, type StormProgress } from '../storm/index.ts'
import type { StormFlags } from './commands/storm.ts'
import { lockPlan } from './detectors.ts'
import type { Session } from './session.ts'
import type { StormKind } from './storm_kind.ts'
import { mdevPlan } from './storm_plan.ts'

function progressText({ phase, round, rounds, lane, label }: StormProgress): string {
  if (phase === 'boot') return 'storm: switching the machines on'
  if (phase === 'warm-up') return `storm: warm-up ${round + 1}/${rounds}, ${lane}`
  return `storm: round ${round + 1}/${rounds}, vendor ${label}, ${lane}`
}

/** Rounds that were measured, of all strategies under all vendor costs together; the control's are none of them. */
function roundsOf({ results }: StormRun): number {
  const judged = results.filter(({ strategy }) => strategy !== FLOOR)
  return judged.reduce((sum, row) => sum + row.wallMs.samples.length, 0)
}

/** The workload as the flags want it. @throws UsageError */
export function mdevStorm(session: Session, flags: StormFlags): StormKind<StormRun> {
  const plan = mdevPlan(flags)
  const { testFault: fault } = flags
  const detectors = lockPlan(flags)
  const wanted = plan.rounds * plan.strategies.length * plan.vendors.length * plan.cpus.length
  return {
    size: plan.arenaBytes > 0 ? '--arena' : '--cpus, --strategies, --parents, --devices',
    run: () => {
      const big = whyTooBig(plan)
      if (big !== undefined) throw new PlanTooBig(big)
      return runStorm(plan, {
        progress: (state) => session.progress.show(progressText(state)),
        stop: session.stop,
        ...(fault !== undefined && { fault }),
        ...(detectors !== undefined && { detectors }),
      })
    },
    text: (run) => [
      ...(run.results.length > 0 ? [...stormTables(run), '', { prose: stormAnswer(run) }] : []),
      ...(detectors === undefined ? [] : lockText(run.lockReports, run.lockStat)),
    ],
    done: (run) => `${roundsOf(run)} of ${wanted} rounds were measured`,
  }
}
