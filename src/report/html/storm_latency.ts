/**
 * How long single operations of a storm of mdevs took, as charts.
 */
import { counted } from '../../base/plural.ts'
import { bucketMiddle } from '../../results/histogram.ts'
import { FLOOR, type Latency, type StormResult, type StormRun } from '../../results/storm.ts'
import { logarithmic, timeTick, type Chart, type Line } from './chart.ts'
import type { Part } from './document.ts'

/** Share of operations that took longer, and how long they took: a step per bucket. Version 1 has three points of it. */
function tail({ buckets, p50, p90, p99, max, count }: Latency): (readonly [beyond: number, ns: number])[] {
  if (count === 0) return []
  if (buckets === undefined || buckets.length === 0) {
    return [
      [0.5, p50],
      [0.1, p90],
      [0.01, p99],
      [Math.min(0.01, 1 / count), max],
    ]
  }
  const points: [number, number][] = []
  let seen = 0
  for (const [bucket, n] of buckets) {
    points.push([1 - seen / count, bucketMiddle(bucket)])
    seen += n
  }
  return [...points, [1 / count, max]]
}

const SHARES = [0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001]

/** Points that can be told apart on the page. */
function thinned(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  let last: readonly [number, number] | undefined
  return points.filter((point, i) => {
    const isFar =
      last === undefined || i === points.length - 1 || last[0] / point[0] > 1.12 || point[1] / last[1] > 1.12
    if (isFar) last = point
    return isFar
  })
}

function latencyChart(vendor: string, rows: readonly StormResult[], what: 'create' | 'remove'): Chart[] {
  const lines = rows
    .filter(({ strategy }) => strategy !== FLOOR)
    .map((row): Line => {
      const one = what === 'create' ? row.createNs : row.removeNs
      const points = thinned(tail(one)).map(([beyond, ns]) => [1 / beyond, ns] as const)
      return { name: row.strategy, points }
    })
    .filter(({ points }) => points.length > 1)
  if (lines.length === 0) return []
  const all = lines.flatMap(({ points }) => points)
  const high = Math.max(...all.map(([x]) => x))
  const ticks = SHARES.map((beyond) => ({
    at: 1 / beyond,
    text: `${Number((100 * (1 - beyond)).toFixed(3))} %`,
  }))
  const x = {
    label: 'of operations were at most so long',
    log: true,
    low: 1,
    high,
    ticks: ticks.filter(({ at }) => at <= high),
  }
  const y = logarithmic(
    'time of one operation',
    all.map(([, ns]) => ns),
    timeTick,
  )
  const title = `How long one ${what} took, vendor ${vendor}, ${counted(rows[0]?.cpus ?? 0, 'CPU')}: percentiles`
  return [{ kind: 'lines', title, x, y, lines }]
}

/** Most cells that have percentiles of their own: those of the most CPUs. */
export function latencies({ plan, results }: StormRun): Part[] {
  const most = Math.max(...plan.cpus)
  return plan.vendors.flatMap(({ label }) => {
    const rows = results.filter((row) => row.vendor === label && row.cpus === most)
    return [...latencyChart(label, rows, 'create'), ...latencyChart(label, rows, 'remove')].map((chart) => ({
      chart,
    }))
  })
}
