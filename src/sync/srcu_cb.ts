/**
 * SRCU callbacks and the end of a domain.
 *
 * There is no kernel thread that would run callbacks: srcu_barrier and srcu_process_callbacks run them, on the thread that
 * calls. synchronize_srcu does not, since its caller may hold locks that a callback wants.
 *
 * State    rcu_head.func: 0 free, otherwise the callback's id while it is queued or running.
 *          callbacks: stack of queued heads; pushed by anybody, taken as a whole under cb_lock, run in the order queued.
 * Order    cb_lock is held while callbacks run; a callback may call call_srcu, not srcu_barrier of the same domain.
 * Context  call_srcu: any. The others may sleep.
 * Source   kernel/rcu/srcutree.c
 */
import { cmpxchg, read, READ_ONCE, SPIN_POLLS, write, WRITE_ONCE, xchg } from '#access'
import { might_sleep, trace_lock_sync } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EALREADY } from '../base/errno.ts'
import { OpsTable } from '../base/ops.ts'
import { ptr, struct, word } from '../mem/layout.ts'
import { free_percpu } from '../mem/percpu.ts'
import { BLOCKED_SRCU } from '../mem/task.ts'
import { owner_lock_acquire, owner_lock_release } from './owner_lock.ts'
import {
  poll_state_synchronize_srcu,
  srcu_gp_in_progress,
  start_poll_synchronize_srcu,
  wait_for_gp,
} from './srcu_gp.ts'
import { SRCU_SLOT_WORDS, srcu_struct, UNLOCKS, type Srcu } from './srcu_struct.ts'

/** Embedded in what a callback frees. Zero it before its first use. */
export const rcu_head = struct('rcu_head', {
  next: ptr('rcu_head'),
  func: word,
  /** Grace period after which it may run. */
  cookie: word,
})
type RcuHead = Addr<'rcu_head'>
const FUNC = rcu_head.offset.func
const COOKIE = rcu_head.offset.cookie
const SDA = srcu_struct.offset.sda
const SLOTS = srcu_struct.offset.slots
const SLOT_MASK = srcu_struct.offset.slot_mask
const CALLBACKS = srcu_struct.offset.callbacks
const DEP_MAP = srcu_struct.offset.dep_map

/** Callback functions by id: `const free_thing = srcu_callbacks.define('free_thing', (head) => …)`. */
export const srcu_callbacks = new OpsTable<(head: Addr<'rcu_head'>) => void>('SRCU callback')

/**
 * Queues a callback to run after a grace period.
 * @param func id from srcu_callbacks.define
 * @returns 0, or -EALREADY if the head is queued already, which Linux leaks with a warning
 */
export function call_srcu(ssp: Srcu, head: RcuHead, func: number): number {
  if (cmpxchg(head + FUNC, 0, func) !== 0) return -EALREADY
  write(head + COOKIE, start_poll_synchronize_srcu(ssp))
  for (;;) {
    const first = READ_ONCE(ssp + CALLBACKS)
    write(head, first)
    // order: the head's words before it can be found.
    if (cmpxchg(ssp + CALLBACKS, first, head) === first) return 0
  }
}

/** Runs the callbacks whose grace period has passed, without waiting for one. Returns how many it ran. */
export function srcu_process_callbacks(ssp: Srcu): number {
  return process(ssp, false)
}

/** Waits until every callback queued before has run, and runs those that nobody has run yet. */
export function srcu_barrier(ssp: Srcu): void {
  might_sleep()
  trace_lock_sync(ssp, ssp + DEP_MAP)
  process(ssp, true)
}

function process(ssp: Srcu, wait: boolean): number {
  const lock = srcu_struct.at.cb_lock(ssp)
  owner_lock_acquire(lock, ssp, BLOCKED_SRCU)
  let ran = 0
  for (let head = take_all(ssp); head !== 0;) {
    const next = read(head)
    const cookie = read(head + COOKIE)
    if (wait) wait_for_gp(ssp, cookie, SPIN_POLLS)
    if (wait || poll_state_synchronize_srcu(ssp, cookie)) {
      run(as(head))
      ran++
    } else {
      put_back(ssp, head)
    }
    head = next
  }
  owner_lock_release(lock)
  return ran
}

/** All queued heads, oldest first. */
function take_all(ssp: Srcu): number {
  let oldest = 0
  for (let head = xchg(ssp + CALLBACKS, 0); head !== 0;) {
    const next = read(head)
    write(head, oldest)
    oldest = head
    head = next
  }
  return oldest
}

function put_back(ssp: Srcu, head: number): void {
  for (;;) {
    const first = READ_ONCE(ssp + CALLBACKS)
    write(head, first)
    if (cmpxchg(ssp + CALLBACKS, first, head) === first) return
  }
}

function run(head: RcuHead): void {
  const func = srcu_callbacks.get(READ_ONCE(head + FUNC))
  WRITE_ONCE(head + FUNC, 0)
  func(head)
}

/** What cleanup_srcu_struct found: a set of these. */
export const SRCU_READERS_INSIDE = 1
export const SRCU_CALLBACKS_QUEUED = 2
export const SRCU_GP_RUNNING = 4

/**
 * Ends a domain and gives its counters back. May sleep, as where it flushes the works of the domain.
 * @returns 0; or what is still going on, and then the counters are leaked on purpose, as Linux does with a warning
 */
export function cleanup_srcu_struct(ssp: Srcu): number {
  might_sleep()
  const found =
    (srcu_readers_active(ssp) !== 0 ? SRCU_READERS_INSIDE : 0) |
    (READ_ONCE(ssp + CALLBACKS) !== 0 ? SRCU_CALLBACKS_QUEUED : 0) |
    (srcu_gp_in_progress(ssp) ? SRCU_GP_RUNNING : 0)
  if (found === 0) free_slots(ssp)
  return found
}

/** Text of what cleanup_srcu_struct returned, '' for 0. */
export function srcu_cleanup_text(found: number): string {
  const texts = [
    (found & SRCU_READERS_INSIDE) !== 0 ? 'readers are still inside' : '',
    (found & SRCU_CALLBACKS_QUEUED) !== 0 ? 'callbacks are still queued: srcu_barrier is missing' : '',
    (found & SRCU_GP_RUNNING) !== 0 ? 'a grace period is still under way' : '',
  ].filter((text) => text !== '')
  return texts.length === 0 ? '' : `cleanup_srcu_struct: ${texts.join('; ')}`
}

/** Readers inside at this moment, over all slots and both indices: a hint unless nobody can enter. */
export function srcu_readers_active(ssp: Srcu): number {
  let active = 0
  for (let i = 0; i < read(ssp + SLOTS); i++) {
    const at = read(ssp + SDA) + i * SRCU_SLOT_WORDS
    for (let idx = 0; idx < 2; idx++) {
      const left = READ_ONCE(at + UNLOCKS + idx) & ~1
      active += ((READ_ONCE(at + idx) - left) | 0) >> 1
    }
  }
  return active
}

function free_slots(ssp: Srcu): void {
  if (read(ssp + SLOT_MASK) === -1) free_percpu(read(ssp + SDA), SRCU_SLOT_WORDS)
  write(ssp + SDA, 0)
}
