/**
 * Tokens that go round: half of the tasks carry them from one counter to another, the rest carry them back.
 *
 * Checks   at rest the tokens in both counters are as many as in the beginning: none was lost, none taken twice. A wake-up
 *          that is lost leaves a task asleep beside a token, and sooner or later nobody moves: the progress watchdog sees it.
 */
import { read, write } from '#access'
import { CACHE_LINE_WORDS, NSEC_PER_USEC } from '../../base/constants.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { send_signal } from '../../sync/park.ts'
import { FIRST_CPU } from '../control.ts'
import type { ParamName, Params } from '../params.ts'
import { statLine } from '../stat_line.ts'
import type { TortureTask } from '../task.ts'
import type { TaskKind } from '../tally.ts'
import type { TortureType } from '../type.ts'
import type { TokenOps } from './ops.ts'

const COUNTERS = ['carried', 'empty_handed', 'signals'] as const
// Indices into COUNTERS.
const CARRIED = 0
const EMPTY_HANDED = 1
const SIGNALS = 2
const PARAMS: readonly ParamName[] = [
  'nwriters_stress',
  'stat_interval',
  'verbose',
  'stutter',
  'shutdown_secs',
  'seed',
]

const token_torture = struct('token_torture', {
  /** Addresses of the two counters. */
  there: word,
  back: word,
  tokens: word,
})
const AT = token_torture.offset

function init(ops: TokenOps, { nwriters_stress }: Params): number {
  const state = alloc_boot(token_torture.words)
  // Fewer tokens than tasks: somebody always wants one.
  const tokens = Math.max(1, nwriters_stress >> 1)
  const stride = Math.ceil(ops.words / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const counters = alloc_boot(2 * stride)
  write(state + AT.there, counters)
  write(state + AT.back, counters + stride)
  write(state + AT.tokens, tokens)
  ops.init(counters, tokens, `${ops.name}-torture-there`)
  ops.init(counters + stride, 0, `${ops.name}-torture-back`)
  return state
}

function carry(task: TortureTask, ops: TokenOps): void {
  const { state } = task
  const forth = (task.nr & 1) === 0
  const from = read(state + (forth ? AT.there : AT.back))
  const to = read(state + (forth ? AT.back : AT.there))
  while (task.turn()) {
    if (!ops.take(from, task)) {
      task.count(EMPTY_HANDED)
      continue
    }
    if (task.one_in(64)) task.udelay(task.rng.below(5))
    if (task.one_in(2000)) task.nap(task.rng.below(200) * NSEC_PER_USEC)
    ops.put(to)
    task.count(CARRIED)
  }
}

function signal(task: TortureTask): void {
  while (task.turn()) {
    send_signal(FIRST_CPU + task.rng.below(task.params.nwriters_stress))
    task.count(SIGNALS)
    task.idle(task.rng.below(400) * NSEC_PER_USEC)
  }
}

function counterAt(state: number, address: number): number {
  const back = read(state + AT.back)
  return address >= back ? back : read(state + AT.there)
}

function audit(ops: TokenOps, state: number): string[] {
  const there = ops.count(read(state + AT.there))
  const back = ops.count(read(state + AT.back))
  const tokens = read(state + AT.tokens)
  return there + back === tokens ? [] : [`${there} + ${back} tokens are left of ${tokens}`]
}

function drain(ops: TokenOps, state: number, tasks: number): void {
  for (let i = 0; i < tasks; i++) {
    ops.put(read(state + AT.there))
    ops.put(read(state + AT.back))
  }
}

function tasks(ops: TokenOps, { nwriters_stress }: Params): TaskKind[] {
  return [
    { comm: 'token_torture_carrier', body: 'carry', tasks: nwriters_stress },
    { comm: 'token_torture_signal', body: 'signal', tasks: ops.signals === true ? 1 : 0 },
  ]
}

/** The torture of one counter of tokens. */
export function tokenType(ops: TokenOps): TortureType {
  return {
    name: ops.name,
    summary: ops.summary,
    ...(ops.busted !== undefined && { busted: ops.busted }),
    counters: COUNTERS,
    failures: {},
    params: PARAMS,
    resolve: (params, cores) => ({
      ...params,
      // Both directions need somebody.
      nwriters_stress:
        params.nwriters_stress >= 0 ? Math.max(2, params.nwriters_stress) : 2 * Math.max(cores, 2),
    }),
    tasks: (params) => tasks(ops, params),
    init: (params) => init(ops, params),
    bodies: {
      carry: (task) => carry(task, ops),
      signal,
    },
    available: (state, blockedOn) => ops.count(counterAt(state, blockedOn)) > 0,
    mayStarve: true,
    audit: (state) => audit(ops, state),
    drain: (state, n) => drain(ops, state, n),
    finish: (state) =>
      [AT.there, AT.back].map((at) => ops.notAtRest?.(read(state + at)) ?? '').filter((text) => text !== ''),
    stats: (tally) => [statLine('Takes', tally.each('carried', 'token_torture_carrier'), 0)],
  }
}
