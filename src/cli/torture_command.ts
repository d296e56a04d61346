/**
 * What `lockstorm torture` does: choose the types, run, print, write.
 */
import { availableParallelism } from 'node:os'
import { NR_CPUS } from '../base/constants.ts'
import { tortureTable } from '../report/torture_table.ts'
import { environment } from '../results/environment.ts'
import { whyNotWritable, writeResult } from '../results/io.ts'
import { TORTURE_SCHEMA, type TortureResult, type TortureRunResult } from '../results/torture.ts'
import { findType, torture, tortureAll, TYPES, type Params, type TortureType } from '../torture/index.ts'
import type { Detectors } from '../torture/detectors.ts'
import { inCheckedBuild, lockPlan } from './lock_flags.ts'
import { tortureParams, type TortureFlags } from './torture_flags.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'

const NAMES = ['all', ...TYPES.map(({ name }) => name)]

function typeNamed(name: string): TortureType {
  const type = findType(name)
  if (type === undefined)
    throw badValue('torture type', name, `one of ${NAMES.join(', ')}${didYouMean(name, NAMES)}`)
  return type
}

/** One line per type. */
function listText(): string {
  const width = Math.max(...NAMES.map((name) => name.length))
  const lines = TYPES.map(({ name, summary, busted }) => {
    return `${name.padEnd(width)}  ${busted === undefined ? summary : `must fail: ${busted}`}`
  })
  return `${lines.join('\n')}\n`
}

/** @throws UsageError if the parameters leave a type without tasks or ask for more than a machine has CPUs */
function refuse(type: TortureType, params: Params): void {
  const kinds = type.tasks(type.resolve(params, availableParallelism()))
  const tasks = kinds.reduce((sum, kind) => sum + kind.tasks, 0)
  if (tasks === 0) throw new UsageError(`${type.name}: the parameters leave it no task`)
  if (tasks >= NR_CPUS) throw new UsageError(`${type.name}: ${tasks} tasks are more than ${NR_CPUS - 1} CPUs`)
}

async function detectorsFor(flags: TortureFlags): Promise<Detectors | undefined> {
  const plan = lockPlan(flags)
  if (plan === undefined) return undefined
  const { detectorsOf } = await import('../torture/detectors.ts')
  return detectorsOf(plan)
}

async function runTypes(name: string, params: Params, flags: TortureFlags): Promise<TortureResult[]> {
  const stopped = new AbortController()
  const interrupt = (): void => {
    stopped.abort()
  }
  process.once('SIGINT', interrupt)
  const detectors = await detectorsFor(flags)
  const options = {
    params,
    ...(detectors !== undefined && { detectors }),
    cores: availableParallelism(),
    checked: flags.checked ?? false,
    signal: stopped.signal,
    print: (line: string) => process.stdout.write(`${line}\n`),
  }
  try {
    return name === 'all' ? await tortureAll(TYPES, options) : [await torture(typeNamed(name), options)]
  } finally {
    process.off('SIGINT', interrupt)
  }
}

/** 0, 1 for a failed check, 3 for a hang or a crash. `all` expects busted types to fail; alone they fail like any other. */
function exitCode(results: readonly TortureResult[], all: boolean): number {
  const wrong = results.filter(({ asExpected, verdict }) => (all ? !asExpected : verdict === 'FAILURE'))
  if (wrong.some(({ cause }) => cause === 'hang' || cause === 'crash')) return 3
  return wrong.length > 0 ? 1 : 0
}

/** Runs the command; sets the exit code. @throws UsageError */
export async function tortureCommand(
  name: string | undefined,
  operands: readonly string[],
  flags: TortureFlags,
): Promise<void> {
  if (flags.list === true) {
    process.stdout.write(listText())
    return
  }
  if (name === undefined) throw new UsageError(`which torture type? One of ${NAMES.join(', ')}`)
  if (name !== 'all') typeNamed(name)
  const params = tortureParams(flags, operands)
  const why = flags.json === undefined ? undefined : whyNotWritable(flags.json)
  if (why !== undefined) throw badValue('--json', flags.json, `a file that can be written, but ${why}`)
  for (const type of name === 'all' ? TYPES : [typeNamed(name)]) refuse(type, params)
  if (lockPlan(flags) !== undefined && !(await inCheckedBuild())) return
  const results = await runTypes(name, params, flags)
  const code = exitCode(results, name === 'all')
  if (name === 'all') process.stdout.write(`\n${await tortureTable(results)}\n`)
  const run: TortureRunResult = {
    schema: TORTURE_SCHEMA,
    env: environment(),
    ok: code === 0,
    checked: flags.checked ?? lockPlan(flags) !== undefined,
    params,
    results,
  }
  if (flags.json !== undefined) writeResult(flags.json, run)
  process.exitCode = code
}
