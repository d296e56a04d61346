/**
 * Readers that begin on one CPU and end on another: whoever passes by opens one in an empty place, or ends one that it finds.
 *
 * State    a place: element and cookie + 1; cookie 0: empty; -1: somebody is at it
 * Rule     whoever parks or ends closes all that are open first: with everybody parked, none is.
 * Source   kernel/rcu/rcutorture.c (rcu_torture_updown)
 */
import { cmpxchg, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import type { TortureTask } from '../task.ts'
import type { RcuOps } from './ops.ts'
import { rcu_torture_state } from './pool.ts'

const { current: CURRENT, domain: DOMAIN, updown: UPDOWN } = rcu_torture_state.offset
const BUSY = -1

/** Looks at one place. `see` is told the element of a reader before it ends. */
export function updownStep(task: TortureTask, ops: RcuOps, see: (element: number) => void): void {
  const place = task.state + UPDOWN + 2 * task.rng.below(task.params.n_up_down)
  const cookie = READ_ONCE(place + 1)
  if (cookie > 0) closePlace(task, ops, place, cookie, see)
  else if (cookie === 0) openPlace(task, ops, place)
}

function openPlace(task: TortureTask, ops: RcuOps, place: number): void {
  if (cmpxchg(place + 1, 0, BUSY) !== 0) return
  const cookie = ops.down_read?.(read(task.state + DOMAIN)) ?? 0
  write(place, READ_ONCE(task.state + CURRENT))
  WRITE_ONCE(place + 1, cookie + 1)
}

function closePlace(
  task: TortureTask,
  ops: RcuOps,
  place: number,
  cookie: number,
  see: (element: number) => void,
): void {
  if (cmpxchg(place + 1, cookie, BUSY) !== cookie) return
  const element = read(place)
  if (element !== 0) see(element)
  ops.up_read?.(read(task.state + DOMAIN), cookie - 1)
  WRITE_ONCE(place + 1, 0)
}

/** Ends every reader that is open. */
export function closeAll(task: TortureTask, ops: RcuOps, see: (element: number) => void): void {
  for (let i = 0; i < task.params.n_up_down; i++) {
    const place = task.state + UPDOWN + 2 * i
    const cookie = READ_ONCE(place + 1)
    if (cookie > 0) closePlace(task, ops, place, cookie, see)
  }
}
