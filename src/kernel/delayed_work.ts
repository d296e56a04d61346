/**
 * Delayed work: work that is queued when its time has come.
 *
 * Rules    the CPUs that serve look at the timers; with none serving nothing expires.
 *          schedule_delayed_work leaves a pending one as it is; mod_delayed_work gives it a new time.
 * Order    pool->lock is a leaf.
 * Context  queueing and cancel_delayed_work: any. cancel_delayed_work_sync, flush: may sleep. Never call them with a lock
 *          held that the function takes: they wait for the function.
 * Source   kernel/workqueue.c, kernel/time/timer.c
 */
import { ktime_get_ns, read, write } from '#access'
import { list_add_tail, list_del_init, list_empty, list_next } from '../mem/index.ts'
import { read_wide, write_wide } from '../mem/wide.ts'
import { NEVER, spin_lock, spin_unlock } from '../sync/index.ts'
import {
  __queue_work,
  cancel_work,
  cancel_work_sync,
  flush_work,
  INIT_WORK,
  system_wq,
  wake_flushers,
  wake_service,
  work_pending,
} from './workqueue.ts'
import {
  delayed_work,
  WORK_CANCELING,
  WORK_IDLE,
  WORK_QUEUED,
  work_struct,
  WORK_TIMER,
  worker_pool,
  type DelayedWork,
  type Pool,
} from './workqueue_struct.ts'

const EXPIRES = delayed_work.offset.expires
const STATE = work_struct.offset.state
const WORK = delayed_work.at.work
const ENTRY = work_struct.at.entry
const LOCK = worker_pool.at.lock
const TIMERS = worker_pool.at.timers
const ofEntry = work_struct.of.entry
const ofWork = delayed_work.of.work

/** Prepares a delayed work. `func` is an id of work_funcs, called with the address of the embedded work. */
export function INIT_DELAYED_WORK(dw: DelayedWork, func: number, name: string): void {
  INIT_WORK(WORK(dw), func, name)
  write_wide(dw + EXPIRES, 0)
}

/** The delayed work around a work. */
export function to_delayed_work(work: number): DelayedWork {
  return ofWork(work)
}

function expiry(dw: DelayedWork): number {
  return read_wide(dw + EXPIRES)
}

/** Puts the work among the timers, in order of expiry. pool->lock is held. */
function add_timer(pool: Pool, dw: DelayedWork, expires: number): void {
  write_wide(dw + EXPIRES, expires)
  write(WORK(dw) + STATE, WORK_TIMER)
  const head = TIMERS(pool)
  let at = list_next(head)
  while (at !== head && expiry(ofWork(ofEntry(at))) <= expires) at = list_next(at)
  list_add_tail(ENTRY(WORK(dw)), at)
}

function arm(dw: DelayedWork, delayNs: number, pendingToo: boolean): boolean {
  const pool = system_wq()
  const expires = ktime_get_ns() + delayNs
  spin_lock(LOCK(pool))
  const state = read(WORK(dw) + STATE)
  const go = state === WORK_IDLE || (pendingToo && state !== WORK_CANCELING)
  if (go) {
    if (state !== WORK_IDLE) list_del_init(ENTRY(WORK(dw)))
    if (delayNs > 0) add_timer(pool, dw, expires)
    else __queue_work(pool, WORK(dw))
  }
  spin_unlock(LOCK(pool))
  if (go) wake_service()
  // Who waits for the run that has just been put off need not wait any longer.
  if (go && state === WORK_QUEUED) wake_flushers(pool)
  return go
}

/** Wants the work done in `delayNs` nanoseconds. Returns false if it was pending, or is being cancelled. */
export function schedule_delayed_work(dw: DelayedWork, delayNs: number): boolean {
  return arm(dw, delayNs, false)
}

/** Wants the work done in `delayNs` nanoseconds from now, whatever was agreed before. False while it is being cancelled. */
export function mod_delayed_work(dw: DelayedWork, delayNs: number): boolean {
  return arm(dw, delayNs, true)
}

/** True if it waits for its time or for a CPU. */
export function delayed_work_pending(dw: DelayedWork): boolean {
  return work_pending(WORK(dw))
}

/** Takes it back if it has not begun. Does not wait. Returns true if it was pending. */
export function cancel_delayed_work(dw: DelayedWork): boolean {
  return cancel_work(WORK(dw))
}

/** Takes it back and waits until it does not run. Returns true if it was pending. */
export function cancel_delayed_work_sync(dw: DelayedWork): boolean {
  return cancel_work_sync(WORK(dw))
}

/** Has it done now, if it waits for its time, and waits for the end of it. */
export function flush_delayed_work(dw: DelayedWork): void {
  const pool = system_wq()
  spin_lock(LOCK(pool))
  const waits = read(WORK(dw) + STATE) === WORK_TIMER
  if (waits) {
    list_del_init(ENTRY(WORK(dw)))
    __queue_work(pool, WORK(dw))
  }
  spin_unlock(LOCK(pool))
  if (waits) wake_service()
  flush_work(WORK(dw))
}

/**
 * Queues what has expired.
 * @param now instant to compare with; NEVER expires everything
 * @returns instant at which the next timer expires, NEVER if there is none
 */
export function run_timers(now: number = ktime_get_ns()): number {
  const pool = system_wq()
  const head = TIMERS(pool)
  let next = NEVER
  spin_lock(LOCK(pool))
  while (!list_empty(head)) {
    const work = ofEntry(list_next(head))
    next = expiry(ofWork(work))
    if (next > now) break
    next = NEVER
    list_del_init(ENTRY(work))
    __queue_work(pool, work)
  }
  spin_unlock(LOCK(pool))
  return next
}
