/**
 * Several runs of one plan as one table per vendor cost and number of CPUs: the medians of the runs, and how far they lie apart.
 */
import { medianInterval } from '../results/stats.ts'
import { FLOOR, type StormResult, type StormRuns } from '../results/storm.ts'
import type { Block } from './page.ts'
import { median } from './style.ts'
import { digits } from './text.ts'

/** Everything. */
export function stormRunsTables({ plan, runs }: StormRuns): Block[] {
  const blocks = plan.vendors.flatMap(({ label }) =>
    plan.cpus.flatMap((cpus): Block[] => {
      const rows = [...plan.strategies, FLOOR].flatMap((strategy) => {
        const cells = runs.flatMap(({ results }) => {
          return results.filter(
            (row) => row.strategy === strategy && row.vendor === label && row.cpus === cpus,
          )
        })
        return cells.length === 0 ? [] : [rowOf(strategy, cells)]
      })
      const head = ['strategy', 'runs', 'wall ms', 'least–most', 'of floor', 'least–most ', 'steady']
      return [
        `vendor ${label}, ${cpus} CPUs: medians of runs, each in a process of its own`,
        { head, rows },
        '',
      ]
    }),
  )
  const [first] = runs
  return [
    ...blocks,
    {
      prose:
        'least–most: of the medians of the runs; steady: runs in which the row was warm. lockstorm compare judges such files.',
    },
    ...(first === undefined
      ? []
      : [
          `seed ${plan.seed}, Node ${first.env.node}, ${first.env.cores} cores of ${first.env.cpuModel}, ${first.env.date.slice(0, 10)}`,
        ]),
  ]
}

function rowOf(strategy: string, cells: readonly StormResult[]): string[] {
  const walls = cells.map(({ wallMs }) => wallMs.median)
  const shares = cells.flatMap(({ ofFloor }) => (ofFloor === null ? [] : [ofFloor.median]))
  const range = (all: readonly number[], text: (n: number) => string): string =>
    all.length === 0 ? 'n/a' : `${text(Math.min(...all))}–${text(Math.max(...all))}`
  const two = (n: number): string => n.toFixed(2)
  return [
    strategy,
    String(cells.length),
    median(digits(medianInterval(walls).median)),
    range(walls, digits),
    shares.length === 0 ? 'n/a' : two(medianInterval(shares).median),
    range(shares, two),
    `${cells.filter(({ unsteady }) => unsteady === null).length}/${cells.length}`,
  ]
}
