/**
 * What `lockstorm bench` found, as tables.
 */
import type { BenchResult } from '../../bench/index.ts'
import type { LockStatBench } from '../../bench/lock_stat.ts'
import type { Judged } from '../../bench/targets.ts'
import { table } from '../report/table.ts'
import { duration } from '../report/text.ts'
import type { Environment } from '../results/storm.ts'

/** A rate, with a comma every three digits. */
function rate(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en')
}

/** Case and contender are words, the rest is figures; '' without rows. */
async function figures(head: readonly string[], rows: readonly (readonly string[])[]): Promise<string> {
  return rows.length === 0 ? '' : `${await table(['case', 'contender', ...head], rows, 2)}\n`
}

/** All tables of a suite, and what was left out. */
export async function suiteText(result: BenchResult): Promise<string> {
  const operations = result.measured.map((row) => [
    row.id,
    row.contender,
    duration(row.nsPerOp),
    duration(row.madNs),
    row.ratio.toFixed(3),
    row.toFewest?.toFixed(3) ?? '',
    row.workers === 1 ? '' : row.spread.toFixed(2),
  ])
  const shares = result.fairness.map((row) => [
    row.id,
    row.contender,
    rate(row.opsPerSecond),
    row.slowestToFastest.toFixed(2),
    rate(row.fewestPerSecond),
    duration(row.longestWaitNs),
  ])
  const latencies = result.latency.map((row) => [
    row.id,
    row.contender,
    duration(row.meanNs),
    duration(row.longestNs),
  ])
  const waits = result.blocked.map((row) => [
    row.id,
    row.contender,
    String(row.waiters),
    row.cpuMsPerSecond.toFixed(2),
  ])
  const tables = [
    await figures(['per operation', '± MAD', 'ratio', '× fewest', 'slowest/fastest'], operations),
    await figures(['ops/s', 'slowest/fastest', 'fewest ops/s', 'longest wait'], shares),
    await figures(['mean of one', 'longest'], latencies),
    await figures(['waiters', 'CPU ms per second'], waits),
  ].filter((text) => text !== '')
  const left = result.skipped.map(({ contender, reason }) => `left out: ${contender} ${reason}\n`)
  return `${result.suite}\n${tables.join('\n')}${left.join('')}`
}

/** The targets, met or missed. */
export async function targetsText(judged: readonly Judged[]): Promise<string> {
  const rows = judged.map(({ text, wanted, found, met }) => [
    text,
    wanted,
    found.toFixed(3),
    met ? 'met' : 'MISSED',
  ])
  return `targets\n${await table(['target', 'wanted', 'found', ''], rows)}\n`
}

/** What a lock costs under each detector. */
export function costsTable({ costs }: LockStatBench): Promise<string> {
  const locks = Object.keys(costs[0]?.nsPerPair ?? {})
  const rows = costs.map(({ build, nsPerPair }) => [
    build,
    ...locks.map((lock) => duration(nsPerPair[lock] ?? 0)),
  ])
  return table(['lock and unlock, one worker', ...locks], rows)
}

/** Where it ran. */
export function machineText({ node, cores, cpuModel, date }: Environment): string {
  return `Node ${node}, ${cores} cores of ${cpuModel}, ${date.slice(0, 10)}\n`
}
