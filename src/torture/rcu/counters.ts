/**
 * Counters of an rcutorture task.
 */
import { PIPE_LEN } from './pool.ts'

const STAGES = Array.from({ length: PIPE_LEN + 1 }, (_, i) => i)

export const COUNTERS: readonly string[] = [
  'reads',
  'grace_periods',
  'nested',
  'updown',
  'allocs',
  'alloc_fails',
  'barriers',
  'fail_too_short',
  'fail_mberror',
  'fail_too_early',
  'fail_barrier',
  ...STAGES.map((i) => `pipe_${i}`),
  ...STAGES.map((i) => `batch_${i}`),
]

function at(name: string): number {
  return COUNTERS.indexOf(name)
}
export const READS = at('reads')
export const GRACE_PERIODS = at('grace_periods')
export const NESTED = at('nested')
export const UPDOWN = at('updown')
export const ALLOCS = at('allocs')
export const ALLOC_FAILS = at('alloc_fails')
export const BARRIERS = at('barriers')
export const TOO_SHORT = at('fail_too_short')
export const MBERROR = at('fail_mberror')
export const TOO_EARLY = at('fail_too_early')
export const BARRIER_ERROR = at('fail_barrier')
/** First of PIPE_LEN + 1 counters. */
export const PIPE = at('pipe_0')
/** First of PIPE_LEN + 1 counters. */
export const BATCH = at('batch_0')

/** Counters of failures, with the text of the warning. */
export const FAILURES: Readonly<Record<string, string>> = {
  fail_too_short: 'rcu_torture_reader: too-short grace period: a removed element was freed under a reader',
  fail_mberror: 'rcu_torture_reader: an element was seen before or after its life',
  fail_too_early: 'rcu_torture_reader: a grace period ended while a reader from before was inside',
  fail_barrier: 'rcu_torture_barrier: a callback had not run when the barrier returned',
}
