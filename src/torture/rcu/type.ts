/**
 * A torture type from the table of an RCU flavour: rcutorture.
 */
import { read, write } from '#access'
import { alloc_boot } from '../../mem/arena.ts'
import type { ParamName, Params } from '../params.ts'
import type { TaskKind } from '../tally.ts'
import type { TortureType } from '../type.ts'
import { initBarrier, rcu_torture_barrier, rcu_torture_barrier_cbs } from './barrier.ts'
import { COUNTERS, FAILURES } from './counters.ts'
import { gpTypeLines, gpTypes } from './gp_types.ts'
import type { RcuOps } from './ops.ts'
import { initPool, missingElements, PIPE_LEN, rcu_torture_state } from './pool.ts'
import { rcu_torture_reader } from './reader.ts'
import { rcuStats } from './stats.ts'
import { defineTortureCallback, rcu_torture_fakewriter, rcu_torture_writer } from './writer.ts'

const { domain: DOMAIN } = rcu_torture_state.offset
const PARAMS: readonly ParamName[] = [
  'nreaders',
  'nfakewriters',
  'stat_interval',
  'verbose',
  'stutter',
  'shutdown_secs',
  'n_up_down',
  'n_barrier_cbs',
  'gp_sync',
  'gp_exp',
  'gp_normal',
  'gp_cond',
  'gp_poll',
  'seed',
]

function init(ops: RcuOps, params: Params): number {
  const state = alloc_boot(rcu_torture_state.words)
  const domain = alloc_boot(ops.words)
  write(state + DOMAIN, domain)
  if (ops.init(domain) !== 0) throw new RangeError(`${ops.name}: the arena is full`)
  initPool(state)
  initBarrier(state, params.n_barrier_cbs)
  return state
}

function tasks(ops: RcuOps, params: Params): TaskKind[] {
  const barriers = ops.call === undefined ? 0 : params.n_barrier_cbs
  return [
    { comm: 'rcu_torture_writer', body: 'writer', tasks: 1 },
    { comm: 'rcu_torture_fakewriter', body: 'fakewriter', tasks: params.nfakewriters },
    { comm: 'rcu_torture_reader', body: 'reader', tasks: params.nreaders },
    { comm: 'rcu_torture_barrier_cbs', body: 'barrier_cbs', tasks: barriers },
    { comm: 'rcu_torture_barrier', body: 'barrier', tasks: Math.min(barriers, 1) },
  ]
}

function missing(state: number): string[] {
  const n = missingElements(state)
  return n === 0
    ? []
    : [`rcu_torture: ${Math.abs(n)} elements ${n > 0 ? 'are nowhere' : 'are in two places'}`]
}

function finish(ops: RcuOps, state: number): string[] {
  const domain = read(state + DOMAIN)
  // A callback queues itself again at each stage of the pipe.
  for (let i = 0; i <= PIPE_LEN; i++) ops.cb_barrier?.(domain)
  const text = ops.cleanup?.(domain) ?? ''
  return [...missing(state), ...(text === '' ? [] : [text])]
}

/** The torture of one flavour. */
export function rcuType(ops: RcuOps): TortureType {
  const callback = defineTortureCallback(ops)
  return {
    name: ops.name,
    summary: ops.summary,
    ...(ops.busted !== undefined && { busted: ops.busted }),
    counters: COUNTERS,
    failures: FAILURES,
    params: PARAMS,
    resolve: (params, cores) => ({
      ...params,
      nreaders: params.nreaders >= 0 ? params.nreaders : Math.max(cores, 2),
    }),
    opening: (params) => gpTypeLines(gpTypes(ops, params)),
    tasks: (params) => tasks(ops, params),
    init: (params) => init(ops, params),
    bodies: {
      writer: (task) => rcu_torture_writer(task, ops, callback),
      fakewriter: (task) => rcu_torture_fakewriter(task, ops),
      reader: (task) => rcu_torture_reader(task, ops),
      barrier_cbs: (task) => rcu_torture_barrier_cbs(task, ops),
      barrier: (task) => rcu_torture_barrier(task, ops),
    },
    available: (state) => ops.readers_active(read(state + DOMAIN)) === 0,
    audit: missing,
    finish: (state) => finish(ops, state),
    stats: (tally, state, last) => rcuStats(ops, tally, state, last),
  }
}
