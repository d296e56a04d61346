/**
 * What the CPUs of a user's workload write for main to read: per operation the results by errno, and a histogram.
 */
import type { Workload } from '../../../define/workload.ts'
import { Area } from '../../area.ts'

/** The area of a workload. */
export function ownArea({ operations }: Workload): Area {
  const count = Object.keys(operations).length
  return new Area({ shared: 0, counters: 0, operations: count, histograms: count })
}
