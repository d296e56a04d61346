/**
 * What `lockstorm torture` does: choose the types, run, print, write.
 */
import { availableParallelism } from 'node:os'
import { NR_CPUS } from '../base/constants.ts'
import { broughtNamed } from '../define/brought.ts'
import type { Lock } from '../define/lock.ts'
import { lockStatTables } from '../report/lock_text.ts'
import { tortureTable } from '../report/torture_table.ts'
import { environment } from '../results/environment.ts'
import { isUnjudged, TORTURE_SCHEMA, type TortureResult, type TortureRunResult } from '../results/torture.ts'
import type { Detectors } from '../torture/detectors.ts'
import {
  findType,
  ownParams,
  torture,
  tortureAll,
  tortureOwn,
  TYPES,
  type Params,
  type TortureType,
} from '../torture/index.ts'
import { DEFAULTS, PARAM_NAMES } from '../torture/params.ts'
import { tortureCases } from './cases.ts'
import type { TortureFlags } from './commands/torture.ts'
import { inCheckedBuild, lockPlan } from './detectors.ts'
import type { Session } from './session.ts'
import { tortureParams } from './torture_flags.ts'
import { isPath } from '../define/is_path.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'
import { bring } from './user_file.ts'

const NAMES = ['all', ...TYPES.map(({ name }) => name)]

function typeNamed(name: string): TortureType {
  const type = findType(name)
  if (type === undefined)
    throw badValue('torture type', name, `one of ${NAMES.join(', ')}${didYouMean(name, NAMES)}`)
  return type
}

/** One line per type, and the same as JSON. */
function list(session: Session): number {
  const types = TYPES.map(({ name, summary, busted = '' }) => ({ name, summary, busted }))
  session.print({
    pairs: types.map(({ name, summary, busted }) => [name, busted === '' ? summary : `must fail: ${busted}`]),
  })
  session.keep({ schema: 'lockstorm/torture-list@1', env: environment(session.begun), types })
  return 0
}

/** @throws UsageError if the parameters leave a type without tasks or ask for more than a machine has CPUs */
function refuse(type: TortureType, params: Params): void {
  const kinds = type.tasks(type.resolve(params, availableParallelism()))
  const tasks = kinds.reduce((sum, kind) => sum + kind.tasks, 0)
  if (tasks === 0) {
    const given = PARAM_NAMES.filter((one) => params[one] !== DEFAULTS[one])
    const shown = given.map((one) => `${one}=${params[one]}`).join(' ')
    throw new UsageError(`${type.name}: ${shown} leaves it no task`)
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
  session: Session,
  types: readonly TortureType[],
  params: Params,
  flags: TortureFlags,
): Promise<TortureResult[]> {
  const detectors = await detectorsFor(flags)
  const options = {
    params,
    ...(detectors !== undefined && { detectors }),
    cores: availableParallelism(),
    checked: flags.checked,
    signal: session.interrupt.signal,
    print: (line: string) => session.print(line),
    onResult: ({ lockStat = [] }: TortureResult) => {
      if (lockStat.length > 0) session.print(...lockStatTables(lockStat))
    },
  }
  const [only] = types
  if (types.length > 1 || only === undefined) return tortureAll(types, options)
  const result = await torture(only, options)
  options.onResult(result)
  return [result]
}

/**
 * 0, 1 for a failed check, 3 for a hang or a crash. `all` expects busted types to fail; alone they fail like any other. A test
 * that was cut short is judged by what it has found only.
 */
function exitCode(results: readonly TortureResult[], all: boolean): number {
  const wrong = results.filter((one) => {
    if (isUnjudged(one)) return false
    return all ? !one.asExpected : one.verdict === 'FAILURE'
  })
  if (wrong.some(({ cause }) => cause === 'hang' || cause === 'crash')) return 3
  return wrong.length > 0 ? 1 : 0
}

/** @throws UsageError if the parameters leave the lock without threads or give it too many */
function refuseOwn(lock: Lock, params: Params): void {
  const { nwriters_stress, nreaders_stress } = ownParams(lock, params, availableParallelism())
  const threads = nwriters_stress + nreaders_stress
  if (threads > 0 && threads < NR_CPUS) return
  throw new UsageError(
    `${lock.name}: a test has 1 to ${NR_CPUS - 1} threads, and the parameters give it ${threads}`,
  )
}

/** Tortures the locks of a file, one after the other, within one total time. Whatever they do is a finding about them. */
async function tortureFile(
  session: Session,
  path: string,
  params: Params,
  flags: TortureFlags,
): Promise<number> {
  if (flags.checked || lockPlan(flags) !== undefined)
    throw new UsageError(
      `${path}: the instrumented build and its detectors see what uses lockstorm, not a lock of your own`,
    )
  const names = await bring('lock', path)
  const locks = names.map((name) => broughtNamed('lock', name) as Lock)
  const each = { ...params, shutdown_secs: Math.ceil(params.shutdown_secs / locks.length) }
  for (const lock of locks) refuseOwn(lock, each)
  const results: TortureResult[] = []
  const { signal } = session.interrupt
  const print = (line: string): void => session.print(line)
  for (const lock of locks) {
    if (signal.aborted) break
    results.push(await tortureOwn(lock, { params: each, cores: availableParallelism(), signal, print }))
  }
  const ok = results.every(({ verdict }) => verdict === 'SUCCESS')
  session.keep({
    schema: TORTURE_SCHEMA,
    env: environment(session.begun),
    ok,
    checked: false,
    params: each,
    results,
  } satisfies TortureRunResult)
  session.cases(tortureCases(results, false))
  session.interrupt.cameTo(`${results.length} of ${locks.length} locks`)
  return ok ? 0 : 1
}

/** Runs the command. Returns the exit code. @throws UsageError */
export async function tortureCommand(
  session: Session,
  [name, ...operands]: readonly string[],
  flags: TortureFlags,
): Promise<number> {
  if (flags.list) return list(session)
  if (name === undefined) throw new UsageError(`torture: name a type, one of ${NAMES.join(', ')}`)
  if (isPath(name)) return tortureFile(session, name, tortureParams(flags, operands), flags)
  const types = name === 'all' ? TYPES : [typeNamed(name)]
  const params = tortureParams(flags, operands)
  for (const type of types) refuse(type, params)
  if (lockPlan(flags) !== undefined) {
    const code = await inCheckedBuild(session)
    if (code !== undefined) return code
  }
  const results = await runTypes(session, types, params, flags)
  const code = exitCode(results, name === 'all')
  if (name === 'all') session.print('', ...tortureTable(results))
  const run: TortureRunResult = {
    schema: TORTURE_SCHEMA,
    env: environment(session.begun),
    ok: code === 0,
    checked: flags.checked || lockPlan(flags) !== undefined,
    params,
    results,
  }
  session.keep(run)
  session.cases(tortureCases(results, name === 'all'))
  const seconds = results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const many = name === 'all' ? `${results.length} of ${TYPES.length} types in ` : ''
  session.interrupt.cameTo(`${many}${seconds.toFixed(1)} s so far`)
  return code
}
