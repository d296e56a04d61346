/**
 * A storm of mdevs on a page: what it comes to, how it scales; beside it how long single operations took, and who waited.
 */
import { counted } from '../../base/plural.ts'
import { overRounds } from '../../results/same_rounds.ts'
import { spreadOf } from '../../results/stats.ts'
import { FLOOR, type Interval, type Latency, type StormResult, type StormRun } from '../../results/storm.ts'
import { lockText } from '../lock_text.ts'
import { between, stormAnswer } from '../storm_answer.ts'
import { stormTables } from '../storm_table.ts'
import { digits, duration } from '../text.ts'
import { waitsTables } from '../waits_table.ts'
import { linear, logarithmic, timeTick, type Chart, type Line } from './chart.ts'
import type { Part } from './document.ts'
import { latencies } from './storm_latency.ts'
import { waitCharts } from './storm_waits.ts'

const MS = 1e6
const milliseconds = (ms: number): string => duration(ms * MS)

/** A run has fewer rounds: rounds of several runs are numbered apart. */
const APART = 1 << 24

/** Samples of all runs together; of one run it is the run. */
export function together(runs: readonly StormRun[]): StormRun {
  const [first] = runs as readonly [StormRun]
  if (runs.length === 1) return first
  const results = first.results.map((row): StormResult => {
    const same = runs.map(({ results: all }) => all.find((one) => isSameCell(one, row)))
    const each = same.filter((one) => one !== undefined)
    return {
      ...row,
      wallMs: spreadOf(each.flatMap(({ wallMs }) => wallMs.samples)),
      rounds: same.flatMap((one, run) => one?.rounds.map((round) => run * APART + round) ?? []),
      unsteady: each.find(({ unsteady }) => unsteady !== null)?.unsteady ?? null,
      createNs: merged(each.map(({ createNs }) => createNs)),
      removeNs: merged(each.map(({ removeNs }) => removeNs)),
    }
  })
  return { ...first, results: results.map((row) => ({ ...row, ofFloor: ofFloor(row, results) })) }
}

const isSameCell = (a: StormResult, b: StormResult): boolean =>
  a.strategy === b.strategy && a.vendor === b.vendor && a.cpus === b.cpus

function ofFloor(row: StormResult, results: readonly StormResult[]): Interval | null {
  const floor = results.find((one) => isSameCell(one, { ...row, strategy: FLOOR }))
  return floor === undefined ? null : overRounds(floor, row, (least, wall) => least / wall)
}

/** Percentiles stay those of the first run; buckets are added up. */
function merged(all: readonly Latency[]): Latency {
  const counts = new Map<number, number>()
  for (const [bucket, count] of all.flatMap(({ buckets = [] }) => buckets)) {
    counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  }
  const count = all.reduce((sum, one) => sum + one.count, 0)
  const buckets = [...counts].sort(([a], [b]) => a - b)
  return { ...(all[0] as Latency), count, max: Math.max(...all.map(({ max }) => max)), buckets }
}

/** Wall time per strategy, with its interval: for one number of CPUs. */
function wallChart(vendor: string, rows: readonly StormResult[]): Chart {
  const values = rows.flatMap(({ wallMs }) => [wallMs.low, wallMs.high])
  const floor = rows.find(({ strategy }) => strategy === FLOOR)
  const x = linear('time to create and remove all devices', values, (ms) => timeTick(ms * MS))
  return {
    kind: 'dots',
    title: `Wall time, vendor ${vendor}, ${counted(rows[0]?.cpus ?? 0, 'CPU')}: median and its 95 % interval`,
    x,
    rows: rows.map(({ strategy, wallMs, ofFloor, unsteady }) => {
      const of =
        ofFloor === null || floor === undefined || strategy === FLOOR
          ? ''
          : `, ${between(ofFloor, (v) => v.toFixed(2))} of the floor`
      const tip = between(wallMs, milliseconds) + of
      const mark = unsteady === null ? {} : { mark: 'not steady' }
      return { name: strategy, at: wallMs.median, low: wallMs.low, high: wallMs.high, tip, ...mark }
    }),
  }
}

/** Operations per second over CPUs: the operations of a round are the same for all. */
function scalingChart(run: StormRun, vendor: string): Chart {
  const { plan, results } = run
  const rows = results.filter((row) => row.vendor === vendor && row.wallMs.median > 0)
  const names = [...new Set(rows.map(({ strategy }) => strategy))]
  const perSecond = ({ opsPerSecond, wallMs }: StormResult, ms: number): number =>
    (opsPerSecond * wallMs.median) / ms
  const lines = names.map((name): Line => {
    const own = rows.filter(({ strategy }) => strategy === name)
    return {
      name,
      points: own.map((row) => [row.cpus, perSecond(row, row.wallMs.median)]),
      band: own.map((row) => [row.cpus, perSecond(row, row.wallMs.high), perSecond(row, row.wallMs.low)]),
      tips: own.map(
        (row) =>
          `${counted(row.cpus, 'CPU')}: ${digits(row.opsPerSecond)} operations/s${row.unsteady === null ? '' : ', not steady'}`,
      ),
    }
  })
  const values = lines.flatMap(({ band = [] }) => band.flatMap(([, low, high]) => [low, high]))
  const [low, high] = [Math.min(...plan.cpus) * 0.95, Math.max(...plan.cpus) * 1.05]
  const x = { label: 'CPUs', log: true, low, high, ticks: plan.cpus.map((at) => ({ at, text: String(at) })) }
  const title = `Scaling, vendor ${vendor}: operations per second by CPUs, with the 95 % interval of the median; dashed: the floor`
  return {
    kind: 'lines',
    title,
    x,
    y: logarithmic('operations per second', values, (value) => short(value)),
    lines,
  }
}

const whole = (value: number): string => digits(value).replace(/\.0+$/, '')

/** `20k`, `1.5M`. */
function short(value: number): string {
  if (value >= 1e6) return `${whole(value / 1e6)}M`
  if (value >= 1e3) return `${whole(value / 1e3)}k`
  return whole(value)
}

/** Everything of a storm. `runs`: equal ones. */
export function stormParts(runs: readonly StormRun[]): Part[] {
  const run = together(runs)
  const { plan, results, lockReports = [], lockStat, waits = [], failure } = run
  const cold = results.filter(({ unsteady }) => unsteady !== null)
  const walls = plan.vendors.map(({ label }): Part => {
    const rows = results.filter((row) => row.vendor === label && row.cpus === plan.cpus[0])
    return { chart: plan.cpus.length > 1 ? scalingChart(run, label) : wallChart(label, rows) }
  })
  return [
    ...(runs.length > 1
      ? [
          {
            prose: `${counted(runs.length, 'run')} in processes of their own; figures are of all their rounds together.`,
          },
        ]
      : []),
    { prose: stormAnswer(run) },
    ...(failure === undefined ? [] : [`The run broke:\n${failure}`]),
    ...(cold.length === 0
      ? []
      : [
          {
            prose: `Not steady, so that their times say little: ${cold.map(({ strategy, vendor, cpus, unsteady }) => `${strategy} (vendor ${vendor}, ${counted(cpus, 'CPU')}: ${unsteady})`).join('; ')}.`,
          },
        ]),
    ...walls,
    ...latencies(run),
    ...waitCharts(run).map((chart) => ({ chart })),
    { folded: 'All figures', parts: stormTables(run) },
    ...(lockReports.length + (lockStat?.length ?? 0) === 0
      ? []
      : [{ folded: 'What lockdep and lock_stat say', parts: lockText(lockReports, lockStat) }]),
    ...(waits.length === 0 ? [] : [{ folded: 'Who made whom wait', parts: waitsTables(waits) }]),
  ]
}
