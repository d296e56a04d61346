/**
 * rcu_torture_reader: enters, follows the pointer, dawdles, and looks whether its element has been freed meanwhile.
 *
 * Checks   the element's pipe_count (see pool.ts) · mbtest is 1 · a cookie taken inside is not done before the reader ends.
 */
import { read, READ_ONCE } from '#access'
import { NSEC_PER_USEC } from '../../base/constants.ts'
import type { TortureTask } from '../task.ts'
import { BATCH, MBERROR, NESTED, PIPE, READS, TOO_EARLY, TOO_SHORT, UPDOWN } from './counters.ts'
import type { RcuOps } from './ops.ts'
import { PIPE_LEN, rcu_torture, rcu_torture_state } from './pool.ts'
import { closeAll, updownStep } from './updown.ts'

const { current: CURRENT, domain: DOMAIN } = rcu_torture_state.offset
const { pipe_count: PIPE_COUNT, mbtest: MBTEST } = rcu_torture.offset

function look(task: TortureTask, element: number, batches: number): void {
  const pipe = Math.min(READ_ONCE(element + PIPE_COUNT), PIPE_LEN)
  task.count(READS)
  task.count(PIPE + pipe)
  task.count(BATCH + Math.min(batches, PIPE_LEN))
  if (pipe > 1) task.count(TOO_SHORT)
}

function dawdle(task: TortureTask): void {
  const { of } = task
  if (task.one_in(of * 8)) task.udelay(task.rng.below(10))
  if (task.one_in(of * 400)) task.udelay(200)
  if (task.one_in(of * 400)) task.nap(task.rng.below(1000) * NSEC_PER_USEC)
  if (task.one_in(of * 50_000)) task.nap(task.rng.below(10_000) * NSEC_PER_USEC)
}

function readOne(task: TortureTask, ops: RcuOps, domain: number): void {
  const idx = ops.readlock(domain)
  const inner = task.one_in(8) ? ops.readlock(domain) : -1
  const element = READ_ONCE(task.state + CURRENT)
  if (element !== 0) {
    const seq = ops.get_gp_seq(domain)
    if (READ_ONCE(element + MBTEST) === 0) task.count(MBERROR)
    const cookie = task.one_in(4) ? ops.get_gp_state?.(domain) : undefined
    dawdle(task)
    look(task, element, ops.get_gp_seq(domain) - seq)
    if (cookie !== undefined && ops.poll_gp_state?.(domain, cookie) === true) task.count(TOO_EARLY)
  }
  if (inner >= 0) {
    ops.readunlock(domain, inner)
    task.count(NESTED)
  }
  ops.readunlock(domain, idx)
}

/** Reads again and again; opens and closes readers that end elsewhere. */
export function rcu_torture_reader(task: TortureTask, ops: RcuOps): void {
  const domain = read(task.state + DOMAIN)
  const updown = ops.down_read !== undefined && task.params.n_up_down > 0
  const see = (element: number): void => {
    task.count(UPDOWN)
    look(task, element, 0)
  }
  // Nobody may park or idle while a reader is open that only another task would close.
  const leave = (): void => {
    if (updown) closeAll(task, ops, see)
  }
  while (task.turn(leave)) {
    if (task.one_in(1 << 16)) task.idle(1000 * NSEC_PER_USEC, leave)
    readOne(task, ops, domain)
    if (updown && task.one_in(4)) updownStep(task, ops, see)
  }
}
