/**
 * From cells to results: ratios to the baseline, and the scalability law of a sweep.
 */
import { availableParallelism } from 'node:os'
import { medianAtMost, medianInterval } from '../../../results/stats.ts'
import {
  FLOOR,
  type Interval,
  type StormPlan,
  type StormResult,
  type SweepFit,
} from '../../../results/storm.ts'
import type { Cell } from './cell.ts'
import { fitWithIntervals } from './usl.ts'

/** Results of all cells that have begun, in the order vendor cost, CPUs, strategy, the floor last. */
export function analyse(plan: StormPlan, cells: readonly Cell[]): StormResult[] {
  const begun = cells.filter((cell) => cell.begun)
  const beside = (cell: Cell, name: string): Cell | undefined =>
    begun.find(({ strategy, vendor, cpus }) => {
      return strategy === name && vendor === cell.vendor && cpus === cell.cpus
    })
  return begun.map((cell) => {
    const result = cell.result()
    const baseline = beside(cell, plan.baseline)?.result().wallMs.median ?? 0
    const usable = baseline > 0 && result.wallMs.median > 0
    const over = cell.strategy === plan.baseline ? [] : sharesOf(cell, beside(cell, plan.baseline))
    return {
      ...result,
      ratioToBaseline: usable ? result.wallMs.median / baseline : null,
      ...(over.length > 0 && { overBaseline: medianAtMost(over) }),
      ofFloor: ofFloor(beside(cell, FLOOR), cell),
    }
  })
}

/** Wall times of one over those of the other, round by round. */
function sharesOf(one: Cell, other: Cell | undefined): number[] {
  return [...one.walls].flatMap(([round, wall]) => {
    const beside = other?.walls.get(round) ?? 0
    return beside === 0 ? [] : [wall / beside]
  })
}

function ofFloor(floor: Cell | undefined, cell: Cell): Interval | null {
  const shares = floor === undefined ? [] : sharesOf(floor, cell)
  return shares.length === 0 ? null : medianInterval(shares)
}

/**
 * The fits of a sweep; none for fewer than three numbers of CPUs up to the cores. Beyond, CPUs share a core, and the law would take the
 * scheduler for contention.
 */
export function fitSweep(plan: StormPlan, cells: readonly Cell[]): SweepFit[] {
  const cores = availableParallelism()
  return plan.vendors.flatMap((vendor) =>
    plan.strategies.flatMap((strategy) => {
      const points = cells
        .filter((cell) => cell.strategy === strategy && cell.vendor === vendor)
        .filter(({ cpus, throughput }) => cpus <= cores && throughput.length > 0)
        .map((cell) => ({ cpus: cell.cpus, samples: cell.throughput }))
      const fit = fitWithIntervals(points, plan.seed)
      return fit === undefined ? [] : [{ strategy, vendor: vendor.label, ...fit }]
    }),
  )
}
