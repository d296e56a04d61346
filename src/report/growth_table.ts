/**
 * The tables of a growth, and what they say of list and lock.
 */
import type { GrowthPlan, GrowthResult, GrowthRun } from '../results/growth.ts'
import type { Interval } from '../results/storm.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'
import { digits, duration } from './text.ts'

/** Points of a table, at most. */
const COLUMNS = 6
/** Whose burst tells the price of the lock: it is held across all of the work, or across none of it. */
const HELD = 'global'
const FREE = 'placeholder'

const count = (n: number): string => n.toLocaleString('en')
const megabytes = (bytes: number): string => `${digits(bytes / 2 ** 20)} MB`

/** What it is about to take: to be said before. */
export function growthMemory(plan: GrowthPlan, arenaBytes: number, allBytes: number): string {
  const devices = count(plan.parents * plan.devices)
  return (
    `Growing to ${devices} devices takes up to ${megabytes(allBytes)} of memory: ${plan.strategies.length} arenas of ` +
    `${megabytes(arenaBytes)}, one of a machine that does not grow, and ${plan.cpus} workers.`
  )
}

/** Everything. */
export function growthTables(run: GrowthRun): Block[] {
  const { plan, results, env } = run
  const broken = results.flatMap(({ strategy, invariants }) =>
    invariants.broken.map((sentence) => `  ${strategy}: ${sentence}`),
  )
  const checked = results.reduce((sum, { invariants }) => sum + invariants.checked, 0)
  const used = Math.max(0, ...results.map(({ usedBytes }) => usedBytes))
  return [
    `one device more, by devices that are there: median time of a create by one CPU, vendor none, ${plan.parents} parents`,
    createTable(results),
    '',
    'a parent and all of its devices are unregistered: median, by devices',
    goneTable(results),
    '',
    { prose: [...priceText(run), `A full machine has used ${megabytes(used)} of its arena.`].join(' ') },
    broken.length > 0
      ? [bad('Broken invariants:'), ...broken].join('\n')
      : good(`${checked} invariants checked, none broken.`),
    { prose: legend(results) },
    `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}, ${env.date.slice(0, 10)}`,
  ]
}

function legend(results: readonly GrowthResult[]): string {
  const isPaced = results.some(({ points }) => points.some(({ controlNs }) => controlNs !== undefined))
  return (
    'slope: time that a create takes longer for each device that is there, from the first point to the last; × first: time at ' +
    'the last point over that at the first; both with a 90 % interval' +
    (isPaced
      ? ', and by multiples of what a create takes in the same round on a machine that stays at the first point.'
      : '.')
  )
}

/** Some of many, first and last among them. */
function some<T>(all: readonly T[]): T[] {
  const step = (all.length - 1) / (COLUMNS - 1)
  if (all.length <= COLUMNS) return [...all]
  return Array.from({ length: COLUMNS }, (_, i) => all[Math.round(i * step)] as T)
}

function between({ median, low, high }: Interval, text: (n: number) => string): string {
  return `${text(median)} (${text(low)}–${text(high)})`
}

function createTable(results: readonly GrowthResult[]): Block {
  const points = some(results[0]?.points.map(({ devices }) => devices) ?? [])
  const rows = results.map(({ strategy, points: mine, slope, ratio }) => [
    strategy,
    ...points.map((devices) => {
      const point = mine.find((one) => one.devices === devices)
      return point === undefined ? 'n/a' : duration(point.createNs.median)
    }),
    slope === null ? 'n/a' : between({ ...slope, median: slope.nsPerDevice, confidence: 0 }, nanoseconds),
    ratio === null ? 'n/a' : between(ratio, (n) => n.toFixed(2)),
  ])
  return { head: ['strategy', ...points.map(count), 'slope ns/device', '× first'], rows }
}

const nanoseconds = (n: number): string => n.toFixed(2)

function goneTable(results: readonly GrowthResult[]): Block {
  const sizes = results[0]?.unregistrations.map(({ children }) => children) ?? []
  const rows = results.map(({ strategy, unregistrations }) => [
    strategy,
    ...sizes.map((size) => {
      const one = unregistrations.find(({ children }) => children === size)
      return one === undefined ? 'n/a' : duration(one.ms.median * 1e6)
    }),
  ])
  return { head: ['strategy', ...sizes.map(count)], rows }
}

/** From how many devices on the list costs more than the lock, by vendor cost. */
function priceText({ results }: GrowthRun): string[] {
  const held = results.find(({ strategy }) => strategy === HELD)
  const free = results.find(({ strategy }) => strategy === FREE)
  if (held === undefined || free?.slope === undefined || free.slope === null) {
    return [`What the lock costs beside the list is seen with '${HELD}' and '${FREE}' in one run.`]
  }
  const { slope } = free
  return held.bursts.flatMap((mine) => {
    const other = free.bursts.find(({ vendor }) => vendor === mine.vendor)
    if (other === undefined) return []
    const { devices, cpus, vendor } = mine
    const per = (ms: number): number => (ms * 1e6) / devices
    const [low, high] = [mine.wallMs.low - other.wallMs.high, mine.wallMs.high - other.wallMs.low].map(per)
    const what = `With vendor ${vendor}, ${devices} devices and ${cpus} CPUs`
    if (low === undefined || high === undefined || low <= 0) {
      return [`${what} no price of the lock can be told from chance.`]
    }
    const price = `${what} the lock of '${HELD}' costs ${duration(low)} to ${duration(high)} for each device`
    if (slope.low <= 0) return [`${price}; a slope of the list of '${FREE}' cannot be told from none.`]
    const from = count(Math.round(low / slope.high))
    const to = count(Math.round(high / slope.low))
    return [`${price}; the list costs more than that from between ${from} and ${to} devices on.`]
  })
}
