/**
 * `lockstorm storm --workload mdev`: all devices are created and removed at once.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { lockText } from '../report/lock_text.ts'
import { stormAnswer } from '../report/storm_answer.ts'
import { foldedStacks } from '../report/folded.ts'
import { stormTables } from '../report/storm_table.ts'
import { traceEvents } from '../report/trace_events.ts'
import { FLOOR, type StormPlan, type StormRun } from '../results/storm.ts'
import { recordStorm, runStorm, whyTooBig, type MdevOptions, type StormProgress } from '../storm/index.ts'
import { waitsTables } from '../report/waits_table.ts'
import type { StormFlags } from './commands/storm.ts'
import { lockPlan } from './detectors.ts'
import type { Session } from './session.ts'
import type { StormKind } from './storm_kind.ts'
import { mdevPlan } from './storm_plan.ts'

/** Where a storm of mdevs is. */
export function progressText({ phase, round, rounds, lane, label }: StormProgress): string {
  if (phase === 'boot') return 'storm: switching the machines on'
  if (phase === 'warm-up') return `storm: warming up, block ${round + 1}, ${lane}`
  return `storm: round ${round + 1}/${rounds}, vendor ${label}, ${lane}`
}

/** Rounds that were measured, of all strategies under all vendor costs together; the control's are none of them. */
function roundsOf({ results }: StormRun): number {
  const judged = results.filter(({ strategy }) => strategy !== FLOOR)
  return judged.reduce((sum, row) => sum + row.wallMs.samples.length, 0)
}

const TRACE_TIME = 'Times are those of the checked build under a recorder, in which everything takes longer.'

/** Runs it, then records a round of it where `--trace` asks for that. */
async function traced(
  session: Session,
  plan: StormPlan,
  options: MdevOptions,
  storm: () => Promise<StormRun>,
): Promise<StormRun> {
  const run = await storm()
  if (!session.wantsTrace || run.failure !== undefined) return run
  const { recordings, missing, failure } = await recordStorm(plan, options)
  for (const text of missing) session.complain(`--trace: ${text}`)
  session.trace([TRACE_TIME, ...missing].join(' '), () => traceEvents(recordings))
  return failure === undefined ? run : { ...run, verdict: 'broken', failure }
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
      const options = {
        progress: (state: StormProgress) => session.progress.show(progressText(state)),
        stop: session.stop,
        ...(fault !== undefined && { fault }),
      }
      return traced(session, plan, options, () =>
        runStorm(plan, { ...options, ...(detectors !== undefined && { detectors }) }),
      )
    },
    text: (run) => [
      ...(run.results.length > 0 ? [...stormTables(run), '', { prose: stormAnswer(run) }] : []),
      ...(run.waits === undefined ? [] : ['', ...waitsTables(run.waits)]),
      ...(detectors === undefined ? [] : lockText(run.lockReports, run.lockStat)),
    ],
    folded: (run) => foldedStacks(run.waits ?? []),
    done: (run) => `${roundsOf(run)} of ${wanted} rounds were measured`,
  }
}
