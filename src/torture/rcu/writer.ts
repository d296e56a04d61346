/**
 * rcu_torture_writer replaces the element and waits for grace periods; rcu_torture_fakewriter only waits.
 */
import { fetch_add, read } from '#access'
import { NSEC_PER_USEC } from '../../base/constants.ts'
import { as } from '../../base/addr.ts'
import { srcu_callbacks } from '../../sync/srcu_cb.ts'
import type { TortureTask } from '../task.ts'
import { ALLOC_FAILS, ALLOCS, GRACE_PERIODS } from './counters.ts'
import { gpTypes, waitForGp, type GpType } from './gp_types.ts'
import type { RcuOps } from './ops.ts'
import {
  allocElement,
  countQueued,
  freeElement,
  pipeUpdate,
  pipeUpdateOne,
  publishElement,
  rcu_torture,
  rcu_torture_state,
} from './pool.ts'

const { domain: DOMAIN, version: VERSION } = rcu_torture_state.offset

/** Callback that moves an element on by one stage and queues itself again, until the element is free. */
export function defineTortureCallback(ops: RcuOps): number {
  const id: number = srcu_callbacks.define(`rcu_torture_cb/${ops.name}`, (head) => {
    const element = rcu_torture.of.head(head)
    const state = read(element + rcu_torture.offset.state)
    if (!pipeUpdateOne(state, element)) {
      ops.call?.(read(state + DOMAIN), head, id)
      return
    }
    countQueued(state, -1)
    freeElement(state, element)
  })
  return id
}

function pick(task: TortureTask, types: readonly GpType[]): GpType {
  return types[task.rng.below(types.length)] ?? 'sync'
}

/** Publishes, removes, waits. `callback` is from defineTortureCallback. */
export function rcu_torture_writer(task: TortureTask, ops: RcuOps, callback: number): void {
  const { state } = task
  const domain = read(state + DOMAIN)
  const types = gpTypes(ops, task.params)
  while (task.turn()) {
    ops.process?.(domain)
    const element = allocElement(state)
    if (element === 0) {
      task.count(ALLOC_FAILS)
      task.idle(100 * NSEC_PER_USEC)
      continue
    }
    task.count(ALLOCS)
    if (task.one_in(4)) task.udelay(task.rng.below(50))
    const old = publishElement(state, element)
    fetch_add(state + VERSION, 1)
    if (old === 0) continue
    const type = pick(task, types)
    if (type === 'call') {
      countQueued(state, 1)
      ops.call?.(domain, as(old + rcu_torture.offset.head), callback)
    } else {
      waitForGp(task, ops, domain, type)
      pipeUpdate(state, old)
      task.count(GRACE_PERIODS)
    }
  }
}

/** Waits for grace periods, to be in the writer's way, and runs callbacks as a kernel worker would. */
export function rcu_torture_fakewriter(task: TortureTask, ops: RcuOps): void {
  const domain = read(task.state + DOMAIN)
  const types = gpTypes(ops, task.params)
  while (task.turn()) {
    ops.process?.(domain)
    waitForGp(task, ops, domain, pick(task, types))
    task.count(GRACE_PERIODS)
    task.idle(task.rng.below(200) * NSEC_PER_USEC)
  }
}
