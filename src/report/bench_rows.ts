/** What was measured of operations, as cells: for the terminal and for a page. */
import type { Measured } from '../../bench/case.ts'
import { duration } from './text.ts'

/** Of which the first two are words and the rest is figures. */
export const OPERATIONS_HEAD = [
  'case',
  'contender',
  'per operation',
  '± MAD',
  'ratio',
  '× fewest',
  'slowest/fastest',
] as const
/** The one that a row is read for. */
export const MEDIAN = 2

/** The cells of a row. */
export function operationCells(row: Measured): string[] {
  return [
    row.id,
    row.contender,
    duration(row.nsPerOp),
    duration(row.madNs),
    row.ratio.toFixed(3),
    row.toFewest?.toFixed(3) ?? '',
    row.workers === 1 ? '' : row.spread.toFixed(2),
  ]
}
