/**
 * A torture type from the table of a reference count.
 */
import type { ParamName, Params } from '../params.ts'
import type { Tally } from '../tally.ts'
import type { TortureType } from '../type.ts'
import { statLine } from '../stat_line.ts'
import type { RefOps } from './ops.ts'
import { auditObjects, initRefTorture, refAt } from './state.ts'
import { COUNTERS, ref_torture_replacer, ref_torture_user } from './tasks.ts'

const FAILURES: Readonly<Record<string, string>> = {
  fail_used_after_free: 'ref_torture_user: the object was freed while a reference to it was held',
  fail_freed_twice: 'ref_torture: an object was freed that was free already',
  fail_below_zero: 'ref_torture_user: a reference count went below zero',
}
const PARAMS: readonly ParamName[] = [
  'nwriters_stress',
  'nreaders',
  'stat_interval',
  'verbose',
  'stutter',
  'shutdown_secs',
  'seed',
]

function resolve(params: Params, cores: number): Params {
  const { nwriters_stress, nreaders } = params
  return {
    ...params,
    nwriters_stress: nwriters_stress >= 0 ? nwriters_stress : Math.max(cores, 2),
    nreaders: nreaders >= 0 ? nreaders : Math.max(cores, 2),
  }
}

function stats(tally: Tally): string[] {
  const failed = Object.keys(FAILURES).reduce((sum, counter) => sum + tally.sum(counter), 0)
  return [
    statLine('Puts ', tally.each('replaced', 'ref_torture_replacer'), 0),
    statLine('Uses ', tally.each('uses', 'ref_torture_user'), failed),
  ]
}

/** The torture of one kind of reference. */
export function refType(ops: RefOps): TortureType {
  return {
    name: ops.name,
    summary: ops.summary,
    ...(ops.busted !== undefined && { busted: ops.busted }),
    counters: COUNTERS,
    failures: FAILURES,
    params: PARAMS,
    resolve,
    tasks: ({ nwriters_stress, nreaders }) => [
      { comm: 'ref_torture_replacer', body: 'replacer', tasks: nwriters_stress },
      { comm: 'ref_torture_user', body: 'user', tasks: nreaders },
    ],
    init: () => initRefTorture(ops),
    bodies: {
      replacer: (task) => ref_torture_replacer(task, ops),
      user: (task) => ref_torture_user(task, ops),
    },
    available: (state, blockedOn) => ops.isZero(refAt(state, blockedOn)),
    audit: (state) => auditObjects(state, ops),
    stats,
  }
}
