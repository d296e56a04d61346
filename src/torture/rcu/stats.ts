/**
 * Lines of rcutorture: the same words in the same places as the kernel prints them; what does not exist here is 0.
 */
import { READ_ONCE } from '#access'
import type { Tally } from '../tally.ts'
import type { RcuOps } from './ops.ts'
import { PIPE_LEN, rcu_torture_state } from './pool.ts'

const AT = rcu_torture_state.offset

function histogram(tally: Tally, name: string): string {
  return Array.from({ length: PIPE_LEN + 1 }, (_, i) => tally.sum(`${name}_${i}`)).join(' ')
}

function rtcLine(tally: Tally, state: number, last: boolean): string {
  const ver = READ_ONCE(state + AT.version)
  const barriers = tally.sum('barriers')
  const errors = tally.sum('fail_barrier')
  return [
    `rtc: ${READ_ONCE(state + AT.current)
      .toString(16)
      .padStart(16, '0')} ${last ? 'VER' : 'ver'}: ${ver}`,
    `tfle: ${READ_ONCE(state + AT.nfree) === 0 ? 1 : 0}`,
    `rta: ${tally.sum('allocs')} rtaf: ${tally.sum('alloc_fails')} rtf: ${READ_ONCE(state + AT.frees)}`,
    `rtmbe: ${tally.sum('fail_mberror')} rtmbkf: 0/0 rtbe: ${errors} rtbke: 0 rtbre: 0 rtbf: 0 rtb: 0 nt: 0`,
    'onoff: 0/0:0/0 -1,0:-1,0 0:0 (HZ=250)',
    `barrier: ${barriers - errors}/${barriers}:${errors} read-exits: 0 nocb-toggles: 0:0`,
  ].join(' ')
}

/** Statistics of a flavour. A line starts with `!!!` once something failed. */
export function rcuStats(ops: RcuOps, tally: Tally, state: number, last: boolean): string[] {
  const prefix = `${ops.name}-torture: `
  const failed = ['fail_too_short', 'fail_mberror', 'fail_too_early', 'fail_barrier'].some(
    (counter) => tally.sum(counter) > 0,
  )
  const wcount = Array.from({ length: PIPE_LEN + 1 }, (_, i) => READ_ONCE(state + AT.wcount + i))
  const flavour = ops.stats?.(READ_ONCE(state + AT.domain))
  return [
    `${prefix}${failed ? '!!! ' : ''}${rtcLine(tally, state, last)}`,
    `${prefix}${failed ? '!!! ' : ''}Reader Pipe:  ${histogram(tally, 'pipe')}`,
    `${prefix}Reader Batch:  ${histogram(tally, 'batch')}`,
    `${prefix}Free-Block Circulation:  ${wcount.join(' ')}`,
    ...(flavour === undefined ? [] : [`${prefix}${flavour}`]),
  ]
}
