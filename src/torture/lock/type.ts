/**
 * A torture type from the table of a lock: locktorture.
 */
import type { ParamName, Params } from '../params.ts'
import { statLine } from '../stat_line.ts'
import type { Tally } from '../tally.ts'
import type { TaskKind } from '../tally.ts'
import type { TortureType } from '../type.ts'
import type { LockOps } from './ops.ts'
import { allLocks, guardedCount, initLockTorture, innerCount, lockAt } from './state.ts'
import { COUNTERS, lock_torture_reader, lock_torture_signal, lock_torture_writer } from './tasks.ts'

const FAILURES: Readonly<Record<string, string>> = {
  fail_writer_writer: 'lock_torture_writer: another writer was inside',
  fail_writer_reader: 'lock_torture_writer: a reader was inside',
  fail_reader_writer: 'lock_torture_reader: a writer was inside',
}
const PARAMS: readonly ParamName[] = [
  'nwriters_stress',
  'nreaders_stress',
  'nested_locks',
  'long_hold',
  'acq_writer_lim',
  'stat_interval',
  'verbose',
  'stutter',
  'shutdown_secs',
  'seed',
]

function resolve(ops: LockOps, params: Params, cores: number): Params {
  const reads = ops.readlock !== undefined
  const { nwriters_stress, nreaders_stress } = params
  const writers = nwriters_stress >= 0 ? nwriters_stress : reads ? Math.max(cores, 2) : 2 * Math.max(cores, 2)
  const readers = !reads ? 0 : nreaders_stress >= 0 ? nreaders_stress : Math.max(cores, 2)
  return { ...params, nwriters_stress: writers, nreaders_stress: readers }
}

function tasks(ops: LockOps, { nwriters_stress, nreaders_stress }: Params): TaskKind[] {
  return [
    { comm: 'lock_torture_writer', body: 'writer', tasks: nwriters_stress },
    { comm: 'lock_torture_reader', body: 'reader', tasks: nreaders_stress },
    { comm: 'lock_torture_signal', body: 'signal', tasks: ops.signals === true ? 1 : 0 },
  ]
}

function lostUpdates(counted: number, kept: number, what: string): string[] {
  const lost = (counted - kept) | 0
  return lost === 0 ? [] : [`${Math.abs(lost)} of ${counted} updates of ${what} were lost`]
}

function audit(state: number, tally: Tally): string[] {
  return [
    ...lostUpdates(tally.sum('acquired_write'), guardedCount(state), 'the word under the lock'),
    ...lostUpdates(tally.sum('nested'), innerCount(state), 'the words under nested locks'),
  ]
}

function atRest(ops: LockOps, state: number): string[] {
  const wrong = allLocks(state, ops.nestedlock !== undefined).map((lock) => ops.notAtRest?.(lock) ?? '')
  return wrong.filter((text) => text !== '')
}

function stats(ops: LockOps, tally: Tally): string[] {
  const writers = tally.each('acquired_write', 'lock_torture_writer')
  const readers = tally.each('acquired_read', 'lock_torture_reader')
  const failed = tally.sum('fail_writer_writer') + tally.sum('fail_writer_reader')
  return [
    ...(writers.length > 0 ? [statLine('Writes', writers, failed)] : []),
    ...(ops.readlock !== undefined && readers.length > 0
      ? [statLine('Reads ', readers, tally.sum('fail_reader_writer'))]
      : []),
  ]
}

/** The torture of one lock. */
export function lockType(ops: LockOps): TortureType {
  return {
    name: ops.name,
    summary: ops.summary,
    ...(ops.busted !== undefined && { busted: ops.busted }),
    counters: COUNTERS,
    failures: FAILURES,
    params: PARAMS,
    resolve: (params, cores) => resolve(ops, params, cores),
    tasks: (params) => tasks(ops, params),
    init: () => initLockTorture(ops),
    bodies: {
      writer: (task) => lock_torture_writer(task, ops),
      reader: (task) => lock_torture_reader(task, ops),
      signal: lock_torture_signal,
    },
    available: (state, blockedOn) => ops.isFree(lockAt(state, blockedOn), blockedOn),
    ...(ops.naps === true && { naps: true }),
    audit,
    ...(ops.notAtRest !== undefined && { finish: (state: number) => atRest(ops, state) }),
    stats: (tally) => stats(ops, tally),
  }
}
