/**
 * What stands behind `lockstorm bench`.
 */
import { EFFORTS, runSuite, SUITE_NAMES, type BenchResult } from '../../bench/index.ts'
import { judge, TARGETS } from '../../bench/targets.ts'
import { environment } from '../results/environment.ts'
import { writeResult } from '../results/io.ts'
import { costsTable, machineText, suiteText, targetsText } from './bench_tables.ts'
import { Interrupt } from './interrupt.ts'
import { lockText } from './lock_flags.ts'
import { Progress } from './progress.ts'
import { mustBeWritable, UsageError } from './usage.ts'
import { oneOf } from './values.ts'

/** What commander hands over. */
export interface BenchFlags {
  readonly json?: string
  readonly quick?: boolean
  readonly lockStat?: boolean
}

const SCHEMA = 'lockstorm/bench@1'
/** Pairs per lock and worker. */
const LOCK_STAT_PAIRS = { quick: 500, full: 100_000 } as const

/** Measures; sets the exit code. Throws UsageError. */
export async function bench(names: readonly string[], flags: BenchFlags): Promise<void> {
  for (const name of names) oneOf('suite', name, SUITE_NAMES)
  if (flags.lockStat === true && names.length > 0) {
    throw new UsageError(`--lock-stat runs no suites, but ${names.join(', ')} was given`)
  }
  mustBeWritable('--json', flags.json)
  await (flags.lockStat === true ? lockStat(flags) : suites(names, flags))
}

async function suites(names: readonly string[], { quick = false, json }: BenchFlags): Promise<void> {
  const effort = EFFORTS[quick ? 'quick' : 'full']
  const progress = new Progress()
  using interrupt = new Interrupt()
  const results: BenchResult[] = []
  const wanted = names.length > 0 ? names : SUITE_NAMES
  for (const suite of wanted) {
    if (interrupt.asked) break
    const show = (text: string): void => {
      progress.show(`bench ${suite}: ${text}`)
    }
    const result = await runSuite(suite, effort, show, () => interrupt.asked)
    progress.clear()
    results.push(result)
    process.stdout.write(`${results.length > 1 ? '\n' : ''}${await suiteText(result)}`)
  }
  // A few samples prove nothing.
  const targets = quick || interrupt.asked ? [] : judge(TARGETS, figuresOf(results))
  if (targets.length > 0) process.stdout.write(`\n${await targetsText(targets)}`)
  process.stdout.write(`\n${machineText(environment())}`)
  if (json !== undefined) {
    writeResult(json, interrupt.mark({ schema: SCHEMA, effort, env: environment(), results, targets }))
  }
  process.exitCode = interrupt.code(
    0,
    `in suite ${results.at(-1)?.suite}, ${results.length} of ${wanted.length}`,
  )
}

function figuresOf(results: readonly BenchResult[]): Parameters<typeof judge>[1] {
  return {
    measured: results.flatMap(({ measured }) => measured),
    fairness: results.flatMap(({ fairness }) => fairness),
    blocked: results.flatMap(({ blocked }) => blocked),
  }
}

/** What the detectors cost, and lock_stat's tables: a run of its own, for nothing that a detector watches is a measurement. */
async function lockStat({ quick = false, json }: BenchFlags): Promise<void> {
  const { benchLockStat } = await import('../../bench/lock_stat.ts')
  const progress = new Progress()
  using interrupt = new Interrupt()
  const show = (text: string): void => {
    progress.show(`bench: ${text}`)
  }
  const pairs = LOCK_STAT_PAIRS[quick ? 'quick' : 'full']
  const found = await benchLockStat(pairs, show, () => interrupt.asked)
  progress.clear()
  process.stdout.write(`${await costsTable(found)}\n${await lockText([], found.tables)}`)
  process.stdout.write(machineText(environment()))
  if (json !== undefined) writeResult(json, interrupt.mark({ schema: SCHEMA, env: environment(), ...found }))
  process.exitCode = interrupt.code(0, `${found.costs.length} builds and ${found.tables.length} tables`)
}
