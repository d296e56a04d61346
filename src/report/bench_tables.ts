/**
 * What `lockstorm bench` found, as tables.
 */
import type { BenchResult } from '../../bench/index.ts'
import type { LockStatBench } from '../../bench/lock_stat.ts'
import type { Judged } from '../../bench/targets.ts'
import type { Environment } from '../results/environment.ts'
import { MEDIAN, OPERATIONS_HEAD, operationCells } from './bench_rows.ts'
import type { Block } from './page.ts'
import { bad, good, median } from './style.ts'
import { duration } from './text.ts'

/** A rate, with a comma every three digits. */
function rate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en')
}

/** Case and contender are words, the rest is figures; nothing without rows. */
function figures(head: readonly string[], rows: readonly (readonly string[])[]): Block[] {
  if (rows.length === 0) return []
  return [
    {
      head: ['case', 'contender', ...head],
      rows,
      left: 2,
      wrap: ['contender'],
      drop: ['± MAD', 'slowest/fastest'],
    },
    '',
  ]
}

/** All tables of a suite, and what was left out. */
export function suiteText(result: BenchResult): Block[] {
  const operations = result.measured.map((row) =>
    operationCells(row).map((cell, i) => (i === MEDIAN ? median(cell) : cell)),
  )
  const shares = result.fairness.map((row) => [
    row.id,
    row.contender,
    median(rate(row.opsPerSecond)),
    row.slowestToFastest.toFixed(2),
    rate(row.fewestPerSecond),
    duration(row.longestWaitNs),
  ])
  const latencies = result.latency.map((row) => [
    row.id,
    row.contender,
    median(duration(row.meanNs)),
    duration(row.longestNs),
  ])
  const waits = result.blocked.map((row) => [
    row.id,
    row.contender,
    String(row.waiters),
    median(row.cpuMsPerSecond.toFixed(2)),
  ])
  const left = result.skipped.map(({ contender, reason }) => `left out: ${contender} ${reason}`)
  return [
    result.suite,
    ...figures(OPERATIONS_HEAD.slice(MEDIAN), operations),
    ...figures(['ops/s', 'slowest/fastest', 'fewest ops/s', 'longest wait'], shares),
    ...figures(['mean of one', 'longest'], latencies),
    ...figures(['waiters', 'CPU ms per second'], waits),
    ...left,
  ]
}

/** The targets, met or missed. */
export function targetsText(judged: readonly Judged[]): Block[] {
  const rows = judged.map(({ text, wanted, found, met }) => [
    text,
    wanted,
    found.toFixed(3),
    met ? good('met') : bad('MISSED'),
  ])
  return ['targets', { head: ['target', 'wanted', 'found', 'verdict'], rows, wrap: ['target'] }, '']
}

/** What a lock costs under each detector. */
export function costsTable({ costs }: LockStatBench): Block {
  const locks = Object.keys(costs[0]?.nsPerPair ?? {})
  const rows = costs.map(({ build, nsPerPair }) => [
    build,
    ...locks.map((lock) => median(duration(nsPerPair[lock] ?? 0))),
  ])
  return { head: ['lock and unlock, one worker', ...locks], rows }
}

/** Where it ran. */
export function machineText({ node, cores, cpuModel, date }: Environment): string {
  return `Node ${node}, ${cores} cores of ${cpuModel}, ${date.slice(0, 10)}`
}
