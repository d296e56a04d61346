/** The storms of these tests. */
import { FLOOR, type StormPlan, type StormRun } from '#lockstorm/results/index'
import { DEFAULT_PLAN, runStorm, sameCost } from '#lockstorm/storm/index'

/** Rows of strategies: the control has no kernel. */
export const judged = ({ results }: StormRun): StormRun['results'] =>
  results.filter(({ strategy }) => strategy !== FLOOR)

/** 128 devices, ten rounds, four CPUs. */
export function storm(changes: Partial<StormPlan>): Promise<StormRun> {
  return runStorm({
    ...DEFAULT_PLAN,
    cpus: [4],
    vendors: [sameCost('none')],
    rounds: 10,
    warmup: 0,
    ...changes,
  })
}

export const HOTPLUG = { hotplug: 0.2, affinity: 'spread', vendors: [sameCost('sleep:100us')] } as const
