/**
 * The ways to wait for a grace period, one of which a writer picks at random each time.
 *
 * Source   kernel/rcu/rcutorture.c (rcu_torture_write_types)
 */
import { NSEC_PER_USEC } from '../../base/constants.ts'
import type { Params } from '../params.ts'
import type { TortureTask } from '../task.ts'
import type { RcuOps } from './ops.ts'

/** Way to wait; `call` does not wait. */
export type GpType = 'sync' | 'exp' | 'cond' | 'poll' | 'call'

const TITLE: Readonly<Record<GpType, string>> = {
  exp: 'expedited',
  call: 'asynchronous',
  cond: 'conditional',
  poll: 'polling',
  sync: 'normal',
}

/** Ways that the flavour has and the parameters ask for; all that it has if they ask for none. */
export function gpTypes(ops: RcuOps, p: Params): GpType[] {
  const has: Record<GpType, boolean> = {
    exp: true,
    sync: true,
    call: ops.call !== undefined,
    cond: ops.get_gp_state !== undefined && ops.poll_gp_state !== undefined,
    poll: ops.start_gp_poll !== undefined && ops.poll_gp_state !== undefined,
  }
  const asked: Record<GpType, boolean> = {
    exp: p.gp_exp !== 0,
    call: p.gp_normal !== 0,
    cond: p.gp_cond !== 0,
    poll: p.gp_poll !== 0,
    sync: p.gp_sync !== 0,
  }
  const all = Object.keys(TITLE) as GpType[]
  const none = all.every((type) => !asked[type])
  return all.filter((type) => has[type] && (none || asked[type]))
}

/** Lines that tell which ways are tested. */
export function gpTypeLines(types: readonly GpType[]): string[] {
  return types.map((type) => `rcu_torture_write_types: Testing ${TITLE[type]} GPs.`)
}

/** Waits for a grace period in one of the ways that wait. */
export function waitForGp(task: TortureTask, ops: RcuOps, domain: number, type: GpType): void {
  switch (type) {
    case 'exp':
      ops.exp_sync(domain)
      return
    case 'cond': {
      const cookie = ops.get_gp_state?.(domain) ?? 0
      pause(task, 500)
      if (ops.poll_gp_state?.(domain, cookie) !== true) ops.sync(domain)
      return
    }
    case 'poll': {
      const cookie = ops.start_gp_poll?.(domain) ?? 0
      while (ops.poll_gp_state?.(domain, cookie) !== true) pause(task, 100)
      return
    }
    case 'sync':
    case 'call':
      ops.sync(domain)
  }
}

/** Busy or asleep for up to `us` microseconds, with nothing in hand. */
function pause(task: TortureTask, us: number): void {
  const for_us = task.rng.below(us)
  if (for_us < 20) task.udelay(for_us)
  else task.nap(for_us * NSEC_PER_USEC)
}
