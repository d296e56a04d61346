/**
 * How fast the explorer is, as a table.
 */
import type { Rate } from '../explore/rates.ts'
import { median } from './style.ts'
import type { Table } from './table.ts'

const HEAD = [
  'model',
  'search',
  'CPUs',
  'steps',
  'cores',
  'executions/s',
  'of one core',
  'per CPU second',
  'load',
]

/** The rates as a table. */
export function ratesTable(rates: readonly Rate[]): Table {
  const rows = rates.map((rate) => {
    const alone = rates.find(
      ({ model, search, cores }) => model === rate.model && search === rate.search && cores === 1,
    )
    return [
      rate.model,
      rate.search,
      String(rate.cpus),
      rate.steps.toFixed(1),
      String(rate.cores),
      median(String(rate.perSecond)),
      `${(rate.perSecond / (alone?.perSecond ?? rate.perSecond)).toFixed(2)} ×`,
      String(rate.perCpuSecond),
      rate.load.toFixed(1),
    ]
  })
  return { head: HEAD, rows, drop: ['load', 'steps', 'per CPU second'] }
}
