/**
 * The barrier test: n tasks post a callback each, then a barrier must not return before all have run.
 *
 * State    barrier_round counts up; each poster posts once per round and adds to barrier_posted; callbacks add to
 *          barrier_ran; the barrier task waits for all posts, calls the barrier, compares, and opens the next round.
 * Source   kernel/rcu/rcutorture.c (rcu_torture_barrier, rcu_torture_barrier_cbs)
 */
import { fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { CACHE_LINE_WORDS, NSEC_PER_USEC } from '../../base/constants.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { rcu_head, srcu_callbacks } from '../../sync/srcu_cb.ts'
import type { TortureTask } from '../task.ts'
import { BARRIER_ERROR, BARRIERS } from './counters.ts'
import type { RcuOps } from './ops.ts'
import { rcu_torture_state } from './pool.ts'

const AT = rcu_torture_state.offset
const {
  domain: DOMAIN,
  barrier_round: ROUND,
  barrier_posted: POSTED,
  barrier_ran: RAN,
  barrier_heads: HEADS,
} = AT
const POLL_NS = 100 * NSEC_PER_USEC
/** A head and the address of the state, on their own cache line. */
const STRIDE = CACHE_LINE_WORDS
const STATE = rcu_head.words

/** Callback that only counts that it ran. */
const rcu_torture_barrier_cbf = srcu_callbacks.define('rcu_torture_barrier_cbf', (head) => {
  fetch_add(read(head + STATE) + RAN, 1)
})

/** Makes a head for each poster. Boot CPU. */
export function initBarrier(state: number, posters: number): void {
  const heads = alloc_boot(STRIDE * Math.max(posters, 1))
  for (let i = 0; i < posters; i++) write(heads + i * STRIDE + STATE, state)
  write(state + HEADS, heads)
}

/** Posts a callback in each round. */
export function rcu_torture_barrier_cbs(task: TortureTask, ops: RcuOps): void {
  const { state } = task
  const head = as<'rcu_head'>(read(state + HEADS) + task.nr * STRIDE)
  let last = 0
  while (task.turn()) {
    const round = READ_ONCE(state + ROUND)
    if (round === last) {
      task.idle(POLL_NS)
      continue
    }
    last = round
    ops.call?.(read(state + DOMAIN), head, rcu_torture_barrier_cbf)
    fetch_add(state + POSTED, 1)
  }
}

/** Opens rounds and checks them. */
export function rcu_torture_barrier(task: TortureTask, ops: RcuOps): void {
  const { state } = task
  const { n_barrier_cbs } = task.params
  let open = false
  while (task.turn()) {
    if (!open) {
      WRITE_ONCE(state + POSTED, 0)
      WRITE_ONCE(state + RAN, 0)
      fetch_add(state + ROUND, 1)
      open = true
    }
    if (READ_ONCE(state + POSTED) < n_barrier_cbs) {
      task.idle(POLL_NS)
      continue
    }
    ops.cb_barrier?.(read(state + DOMAIN))
    task.count(BARRIERS)
    if (READ_ONCE(state + RAN) !== n_barrier_cbs) task.count(BARRIER_ERROR)
    open = false
    task.idle(task.rng.below(1000) * NSEC_PER_USEC)
  }
}
