/**
 * What `lockstorm torture` does: choose the types, run, print, write.
 */
import { availableParallelism } from 'node:os'
import { NR_CPUS } from '../base/constants.ts'
import { tortureTable } from '../report/torture_table.ts'
import { environment } from '../results/environment.ts'
import { writeResult } from '../results/io.ts'
import { TORTURE_SCHEMA, type TortureResult, type TortureRunResult } from '../results/torture.ts'
import { findType, torture, tortureAll, TYPES, type Params, type TortureType } from '../torture/index.ts'
import type { Detectors } from '../torture/detectors.ts'
import { Interrupt } from './interrupt.ts'
import { inCheckedBuild, lockPlan } from './lock_flags.ts'
import { DEFAULTS, PARAM_NAMES } from '../torture/params.ts'
import { tortureParams, type TortureFlags } from './torture_flags.ts'
import { badValue, didYouMean, mustBeWritable, UsageError } from './usage.ts'

const NAMES = ['all', ...TYPES.map(({ name }) => name)]

function typeNamed(name: string): TortureType {
  const type = findType(name)
  if (type === undefined)
    throw badValue('torture type', name, `one of ${NAMES.join(', ')}${didYouMean(name, NAMES)}`)
  return type
}

/** One line per type, and the same as JSON. */
function list(json: string | undefined): void {
  const width = Math.max(...NAMES.map((name) => name.length))
  for (const { name, summary, busted } of TYPES) {
    const what = busted === undefined ? summary : `must fail: ${busted}`
    process.stdout.write(`${name.padEnd(width)}  ${what}\n`)
  }
  const types = TYPES.map(({ name, summary, busted = '' }) => ({ name, summary, busted }))
  if (json !== undefined) writeResult(json, { schema: 'lockstorm/torture-list@1', env: environment(), types })
}

/** @throws UsageError if the parameters leave a type without tasks or ask for more than a machine has CPUs */
function refuse(type: TortureType, params: Params): void {
  const kinds = type.tasks(type.resolve(params, availableParallelism()))
  const tasks = kinds.reduce((sum, kind) => sum + kind.tasks, 0)
  if (tasks === 0) {
    const given = PARAM_NAMES.filter((one) => params[one] !== DEFAULTS[one]).map(
      (one) => `${one}=${params[one]}`,
    )
    throw new UsageError(`${type.name}: ${given.join(' ')} leaves it no task`)
  }
  if (tasks >= NR_CPUS) throw new UsageError(`${type.name}: ${tasks} tasks are more than ${NR_CPUS - 1} CPUs`)
}

async function detectorsFor(flags: TortureFlags): Promise<Detectors | undefined> {
  const plan = lockPlan(flags)
  if (plan === undefined) return undefined
  const { detectorsOf } = await import('../torture/detectors.ts')
  return detectorsOf(plan)
}

async function runTypes(
  name: string,
  params: Params,
  flags: TortureFlags,
  signal: AbortSignal,
): Promise<TortureResult[]> {
  const detectors = await detectorsFor(flags)
  const options = {
    params,
    ...(detectors !== undefined && { detectors }),
    cores: availableParallelism(),
    checked: flags.checked ?? false,
    signal,
    print: (line: string) => process.stdout.write(`${line}\n`),
  }
  return name === 'all' ? tortureAll(TYPES, options) : [await torture(typeNamed(name), options)]
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
  mustBeWritable('--json', flags.json)
  if (flags.list === true) {
    if (name !== undefined) throw new UsageError(`--list takes no type, but ${name} was given`)
    list(flags.json)
    return
  }
  if (name === undefined) throw new UsageError(`which torture type? One of ${NAMES.join(', ')}`)
  if (name !== 'all') typeNamed(name)
  const params = tortureParams(flags, operands)
  for (const type of name === 'all' ? TYPES : [typeNamed(name)]) refuse(type, params)
  if (lockPlan(flags) !== undefined && !(await inCheckedBuild())) return
  using interrupt = new Interrupt()
  const results = await runTypes(name, params, flags, interrupt.signal)
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
  if (flags.json !== undefined) writeResult(flags.json, interrupt.mark(run))
  const seconds = results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const types = name === 'all' ? `${results.length} of ${TYPES.length} types in ` : ''
  process.exitCode = interrupt.code(code, `${types}${seconds.toFixed(1)} s so far`)
}
