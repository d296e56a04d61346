/**
 * `lockstorm storm --phase grow`: what one device more costs when very many are there.
 */
import { PlanTooBig } from '../machine/plan.ts'
import { growthMemory, growthTables } from '../report/growth_table.ts'
import type { GrowthRun } from '../results/growth.ts'
import { growthArenaBytes, growthBytes, runGrowth, whyGrowthTooBig } from '../storm/index.ts'
import type { StormFlags } from './commands/storm.ts'
import type { Session } from './session.ts'
import type { StormKind } from './storm_kind.ts'
import { growthPlan } from './storm_plan.ts'

/** The growth as the flags want it. @throws UsageError */
export function growStorm(session: Session, flags: StormFlags): StormKind<GrowthRun> {
  const plan = growthPlan(flags)
  return {
    size: '--strategies, --parents, --devices, --cpus',
    run: () => {
      const big = whyGrowthTooBig(plan)
      if (big !== undefined) throw new PlanTooBig(big)
      session.print(growthMemory(plan, growthArenaBytes(plan), growthBytes(plan)), '')
      return runGrowth(plan, {
        progress: ({ label, lane }) =>
          session.progress.show(`storm: ${label === '' ? 'switching the machines on' : `${label}, ${lane}`}`),
        stop: session.stop,
      })
    },
    text: (run) => (run.results.length > 0 ? growthTables(run) : []),
    done: ({ results }) => {
      const points = results.reduce((sum, one) => sum + one.points.length, 0)
      return `${points} of ${plan.points.length * plan.strategies.length} points were measured`
    },
  }
}
