/**
 * `lockstorm storm --runs N`: the same plan several times, each in a process of its own.
 */
import { counted } from '../base/plural.ts'
import { PlanTooBig } from '../machine/plan.ts'
import { stormRunsTables } from '../report/storm_runs_table.ts'
import { STORM_RUNS_SCHEMA, type StormRun, type StormRuns, type Verdict } from '../results/storm.ts'
import { runApart } from '../storm/apart.ts'
import { whyTooBig } from '../storm/index.ts'
import type { StormFlags } from './commands/storm.ts'
import { lockPlan } from './detectors.ts'
import type { Session } from './session.ts'
import type { StormKind, Stormed } from './storm_kind.ts'
import { progressText } from './storm_mdev.ts'
import { mdevPlan } from './storm_plan.ts'

const WORST: readonly Verdict[] = ['broken', 'finding', 'ok']

function verdictOf(runs: readonly StormRun[]): Verdict {
  return WORST.find((one) => runs.some(({ verdict }) => verdict === one)) ?? 'ok'
}

/** The runs as the flags want them. @throws UsageError */
export function stormRuns(
  session: Session,
  flags: StormFlags,
  wanted: number,
): StormKind<StormRuns & Stormed> {
  const plan = mdevPlan(flags)
  const detectors = lockPlan(flags)
  const runs: StormRun[] = []
  const one = (): Promise<StormRun> =>
    runApart(plan, {
      progress: (state) => {
        session.progress.show(`run ${runs.length + 1}/${wanted}, ${progressText(state)}`)
      },
      stop: session.stop,
      ...(detectors !== undefined && { detectors }),
    })
  return {
    size: '--cpus, --strategies, --parents, --devices',
    run: async () => {
      const big = whyTooBig(plan)
      if (big !== undefined) throw new PlanTooBig(big)
      while (runs.length < wanted && !session.asked) {
        const run = await one()
        // What was cut short is no run like the others.
        if (!session.asked) runs.push(run)
        if (run.failure !== undefined) return all(run.failure)
      }
      return all()
    },
    text: (all) => (all.runs.length > 0 ? stormRunsTables(all) : []),
    done: (all) => `${all.runs.length} of ${counted(wanted, 'run')}`,
  }

  function all(failure?: string): StormRuns & Stormed {
    const verdict = verdictOf(runs)
    return { schema: STORM_RUNS_SCHEMA, plan, runs, verdict, ...(failure !== undefined && { failure }) }
  }
}
