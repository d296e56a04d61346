/**
 * `lockstorm bench`: what operations cost, alone, contended and against others.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import type { Command } from 'commander'
import { EFFORTS, runSuite, SUITE_NAMES, type BenchResult } from '../../../bench/index.ts'
import { environment } from '../../results/environment.ts'
import { writeResult } from '../../results/io.ts'
import { lockText } from '../lock_flags.ts'
import { judge, TARGETS, type Judged } from '../../../bench/targets.ts'

interface BenchFlags {
  readonly json?: string
  readonly quick?: boolean
  readonly lockStat?: boolean
}

function ns(value: number): string {
  if (value >= 1e7) return `${(value / 1e6).toFixed(1)} ms`
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} µs` : `${value.toFixed(1)} ns`
}

async function newTable(head: string[]): Promise<{ push(row: string[]): void; toString(): string }> {
  const { default: Table } = await import('cli-table3')
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i < 2 ? 'left' : 'right')),
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  return { push: (row) => void table.push(row), toString: () => table.toString() }
}

async function print({ suite, measured, fairness, latency, blocked, skipped }: BenchResult): Promise<void> {
  process.stdout.write(`${suite}\n`)
  if (measured.length > 0) {
    const head = ['case', 'contender', 'per operation', '± MAD', 'ratio', '× fewest', 'slowest/fastest']
    const table = await newTable(head)
    for (const row of measured) {
      const spread = row.workers === 1 ? '' : row.spread.toFixed(2)
      const more = row.toFewest?.toFixed(3) ?? ''
      table.push([row.id, row.contender, ns(row.nsPerOp), ns(row.madNs), row.ratio.toFixed(3), more, spread])
    }
    process.stdout.write(`${table.toString()}\n`)
  }
  if (fairness.length > 0) {
    const table = await newTable([
      'case',
      'contender',
      'ops/s',
      'slowest/fastest',
      'fewest ops/s',
      'longest wait',
    ])
    for (const row of fairness) {
      const [rate, fewest] = [row.opsPerSecond, row.fewestPerSecond].map((n) =>
        Math.round(n).toLocaleString('en'),
      )
      const shares = [rate ?? '', row.slowestToFastest.toFixed(2), fewest ?? '']
      table.push([row.id, row.contender, ...shares, ns(row.longestWaitNs)])
    }
    process.stdout.write(`${table.toString()}\n`)
  }
  if (latency.length > 0) {
    const table = await newTable(['case', 'contender', 'mean of one', 'longest'])
    for (const row of latency) table.push([row.id, row.contender, ns(row.meanNs), ns(row.longestNs)])
    process.stdout.write(`${table.toString()}\n`)
  }
  if (blocked.length > 0) {
    const table = await newTable(['case', 'contender', 'waiters', 'CPU ms per second'])
    for (const row of blocked) {
      table.push([row.id, row.contender, String(row.waiters), row.cpuMsPerSecond.toFixed(2)])
    }
    process.stdout.write(`${table.toString()}\n`)
  }
  for (const { contender, reason } of skipped) process.stdout.write(`left out: ${contender} ${reason}\n`)
}

/** The targets whose figures these suites have. */
async function printTargets(results: readonly BenchResult[]): Promise<Judged[]> {
  const rows = {
    measured: results.flatMap(({ measured }) => measured),
    fairness: results.flatMap(({ fairness }) => fairness),
    blocked: results.flatMap(({ blocked }) => blocked),
  }
  const judged = judge(TARGETS, rows)
  if (judged.length === 0) return judged
  const table = await newTable(['target', 'wanted', 'found', ''])
  for (const { text, wanted, found, met } of judged) {
    table.push([text, wanted, found.toFixed(3), met ? 'met' : 'MISSED'])
  }
  process.stdout.write(`targets\n${table.toString()}\n`)
  return judged
}

/** What the detectors cost, and lock_stat's tables: a run of its own, for nothing that a detector watches is a measurement. */
async function lockStat(flags: BenchFlags, progress: (text: string) => void): Promise<void> {
  const { benchLockStat } = await import('../../../bench/lock_stat.ts')
  const found = await benchLockStat(flags.quick === true ? 500 : 100_000, progress)
  progress('')
  const locks = Object.keys(found.costs[0]?.nsPerPair ?? {})
  const table = await newTable(['lock and unlock, one worker', ...locks])
  for (const { build, nsPerPair } of found.costs) {
    table.push([build, ...locks.map((lock) => ns(nsPerPair[lock] ?? 0))])
  }
  process.stdout.write(`${table.toString()}\n${await lockText([], found.tables)}`)
  if (flags.json !== undefined)
    writeResult(flags.json, { schema: 'lockstorm/bench@1', env: environment(), ...found })
}

async function run(
  names: readonly string[],
  flags: BenchFlags,
  fail: (text: string) => never,
): Promise<void> {
  const unknown = names.find((name) => !SUITE_NAMES.includes(name))
  if (unknown !== undefined) fail(`suite ${unknown}: accepted are ${SUITE_NAMES.join(', ')}`)
  if (flags.json !== undefined) {
    try {
      writeFileSync(flags.json, '')
    } catch (error) {
      fail(`--json ${flags.json}: cannot be written (${(error as Error).message})`)
    }
  }
  const effort = EFFORTS[flags.quick === true ? 'quick' : 'full']
  const live = process.stderr.isTTY
  const progress = (text: string): void => {
    if (live) process.stderr.write(`\r\u001b[K${text}`)
  }
  if (flags.lockStat === true) {
    await lockStat(flags, progress)
    return
  }
  const results: BenchResult[] = []
  for (const suite of names.length > 0 ? names : SUITE_NAMES) {
    const result = await runSuite(suite, effort, progress)
    if (live) process.stderr.write('\r\u001b[K')
    results.push(result)
    await print(result)
  }
  // A few samples prove nothing.
  const judged = flags.quick === true ? [] : await printTargets(results)
  if (flags.json === undefined) return
  const env = {
    node: process.version,
    v8: process.versions.v8,
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    arch: process.arch,
    date: new Date().toISOString(),
  }
  writeFileSync(
    flags.json,
    `${JSON.stringify({ schema: 'lockstorm/bench@1', effort, env, results, targets: judged }, null, 2)}\n`,
  )
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('bench [suites...]')
    .description(`measure operations with tinybench; suites: ${SUITE_NAMES.join(', ')} (default: all)`)
    .option('--json <file>', 'write the results as JSON too')
    .option(
      '--lock-stat',
      'no suites: what lockdep and lock_stat cost per lock, then the locks in the table of /proc/lock_stat',
    )
    .option('--quick', 'a few samples only: shows that everything runs, measures nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  lockstorm bench sync fairness blocked     the primitives, and whether they reach their targets\n  lockstorm bench mdev layers --json bench.json\n  lockstorm bench --lock-stat               what the detectors cost\n',
    )
    .action(async (names: string[], flags: BenchFlags, command: Command) => {
      await run(names, flags, (text) => command.error(`error: ${text}`, { exitCode: 2 }))
    })
}
