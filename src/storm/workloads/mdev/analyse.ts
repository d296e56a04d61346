/**
 * From cells to results: ratios to the baseline, and the scalability law of a sweep.
 */
import type { StormPlan, StormResult, SweepFit } from '../../../results/storm.ts'
import type { Cell } from './cell.ts'
import { fitWithIntervals } from './usl.ts'

/** Results of all cells that have begun, in the order vendor cost, CPUs, strategy. */
export function analyse(plan: StormPlan, cells: readonly Cell[]): StormResult[] {
  const rows = cells.filter((cell) => cell.begun).map((cell) => cell.result())
  return rows.map((row) => {
    const baseline = rows.find(
      (one) => one.strategy === plan.baseline && one.vendor === row.vendor && one.cpus === row.cpus,
    )
    const usable = baseline !== undefined && baseline.wallMs.median > 0 && row.wallMs.median > 0
    const ratioToBaseline = usable ? row.wallMs.median / baseline.wallMs.median : null
    return { ...row, ratioToBaseline }
  })
}

/** The fits of a sweep; none for fewer than three numbers of CPUs. */
export function fitSweep(plan: StormPlan, cells: readonly Cell[]): SweepFit[] {
  return plan.vendors.flatMap((vendor) =>
    plan.strategies.flatMap((strategy) => {
      const points = cells
        .filter((cell) => cell.strategy === strategy && cell.vendor === vendor && cell.throughput.length > 0)
        .map((cell) => ({ cpus: cell.cpus, samples: cell.throughput }))
      const fit = fitWithIntervals(points, plan.seed)
      return fit === undefined ? [] : [{ strategy, vendor: vendor.label, ...fit }]
    }),
  )
}
