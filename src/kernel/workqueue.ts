/**
 * The system work queue: functions to be called soon, by CPUs that serve it (service.ts).
 *
 * Invariant   a work is on at most one list, and run by at most one CPU at a time. Queued while it is pending it stays
 *             pending once; queued while it runs it runs again.
 * Order       pool->lock is a leaf. What waits for a work (flush, cancel_work_sync) waits for all locks its function
 *             takes: the validator is told of "the work" as of a lock that the function holds.
 * Context     queueing: any. Flush and cancel_work_sync: may sleep; from the work itself they hang, as in the kernel.
 * Source      kernel/workqueue.c
 */
import { read, smp_processor_id, write } from '#access'
import {
  LOCK_MAP,
  LOCK_WRITE,
  might_lock,
  might_sleep,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_init,
  trace_lock_release,
} from '#trace'
import { as } from '../base/addr.ts'
import {
  alloc_boot,
  INIT_LIST_HEAD,
  list_add_tail,
  list_del_init,
  list_next,
  num_possible_cpus,
  rootAddr,
} from '../mem/index.ts'
import {
  finish_wait,
  init_waitqueue_head,
  prepare_to_wait,
  spin_lock,
  spin_lock_init,
  spin_unlock,
  wait_token,
  wait_woken,
  wake_up_all,
} from '../sync/index.ts'
import {
  WORK_CANCELING,
  work_funcs,
  WORK_IDLE,
  WORK_QUEUED,
  work_struct,
  worker_pool,
  type Pool,
  type Work,
} from './workqueue_struct.ts'

const ROOT = rootAddr('workqueue')
const { state: STATE, begun: BEGUN, func: FUNC, dep_map: DEP_MAP } = work_struct.offset
const { running: RUNNING, executed: EXECUTED } = worker_pool.offset
const ENTRY = work_struct.at.entry
const ofEntry = work_struct.of.entry

/** Prepares the queue, unless somebody did before. Boot CPU only. Returns false when the arena is full. */
export function workqueue_init(): boolean {
  if (read(ROOT) !== 0) return true
  const pool = as<'worker_pool'>(alloc_boot(worker_pool.words))
  const running = alloc_boot(2 * num_possible_cpus())
  if (pool === 0 || running === 0) return false
  spin_lock_init(worker_pool.at.lock(pool), '&pool->lock')
  INIT_LIST_HEAD(worker_pool.at.worklist(pool))
  INIT_LIST_HEAD(worker_pool.at.timers(pool))
  init_waitqueue_head(worker_pool.at.more_work(pool))
  init_waitqueue_head(worker_pool.at.done(pool))
  write(pool + RUNNING, running)
  write(ROOT, pool)
  return true
}

/** The pool. */
export function system_wq(): Pool {
  return as(read(ROOT))
}

/** Wakes the CPUs that serve. Call it after there is something to do. */
export function wake_service(): void {
  wake_up_all(worker_pool.at.more_work(system_wq()))
}

/** Prepares a work. `func` is an id of work_funcs; `name` names its class for the validator. */
export function INIT_WORK(work: Work, func: number, name: string): void {
  INIT_LIST_HEAD(ENTRY(work))
  write(work + STATE, WORK_IDLE)
  write(work + BEGUN, 0)
  write(work + FUNC, func)
  write(work + DEP_MAP, 0)
  trace_lock_init(work, work + DEP_MAP, name, LOCK_MAP)
}

/** Appends to the worklist. pool->lock is held. */
export function __queue_work(pool: Pool, work: Work): void {
  write(work + STATE, WORK_QUEUED)
  list_add_tail(ENTRY(work), worker_pool.at.worklist(pool))
}

/** Wants the work done. Returns false if it was wanted already, or is being cancelled. */
export function queue_work(work: Work): boolean {
  const pool = system_wq()
  spin_lock(worker_pool.at.lock(pool))
  const queued = read(work + STATE) === WORK_IDLE
  if (queued) __queue_work(pool, work)
  spin_unlock(worker_pool.at.lock(pool))
  if (queued) wake_service()
  return queued
}

/** True if the work is wanted and not yet begun. A hint. */
export function work_pending(work: Work): boolean {
  const pool = system_wq()
  spin_lock(worker_pool.at.lock(pool))
  const pending = read(work + STATE) !== WORK_IDLE
  spin_unlock(worker_pool.at.lock(pool))
  return pending
}

/** True if some CPU runs the work. pool->lock is held. */
function is_running(pool: Pool, work: Work): boolean {
  const running = read(pool + RUNNING)
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) if (read(running + cpu) === work) return true
  return false
}

/** Waits until `test` (called with pool->lock held) is true; returns with the lock held. */
function wait_done(
  pool: Pool,
  work: Work,
  test: (pool: Pool, work: Work, run: number) => boolean,
  run = 0,
): void {
  const done = worker_pool.at.done(pool)
  const lock = worker_pool.at.lock(pool)
  prepare_to_wait(done)
  for (;;) {
    const token = wait_token(done)
    spin_lock(lock)
    if (test(pool, work, run)) break
    spin_unlock(lock)
    wait_woken(done, token)
  }
  finish_wait(done)
}

function not_canceling(_pool: Pool, work: Work): boolean {
  return read(work + STATE) !== WORK_CANCELING
}
function not_running(pool: Pool, work: Work): boolean {
  return !is_running(pool, work)
}
/** True if the run of this number is over, or was called off before it began. */
function ended(pool: Pool, work: Work, run: number): boolean {
  const ahead = (read(work + BEGUN) - run) | 0
  if (ahead < 0) return read(work + STATE) !== WORK_QUEUED
  return ahead > 0 || !is_running(pool, work)
}

/** Takes a wanted work back, also from its timer. Does not wait for one that runs. Returns true if it was wanted. */
export function cancel_work(work: Work): boolean {
  const pool = system_wq()
  spin_lock(worker_pool.at.lock(pool))
  const state = read(work + STATE)
  const wanted = state !== WORK_IDLE && state !== WORK_CANCELING
  if (wanted) {
    list_del_init(ENTRY(work))
    write(work + STATE, WORK_IDLE)
  }
  spin_unlock(worker_pool.at.lock(pool))
  if (wanted) wake_flushers(pool)
  return wanted
}

/** Tells those who wait for the end of a work to look again. */
export function wake_flushers(pool: Pool): void {
  wake_up_all(worker_pool.at.done(pool))
}

/**
 * Takes a wanted work back and waits until nobody runs it. On return it neither runs nor will, until it is queued anew;
 * a function that queues its own work again cannot do so meanwhile.
 * @returns true if it was wanted
 */
export function cancel_work_sync(work: Work): boolean {
  might_sleep()
  might_lock(work, work + DEP_MAP, LOCK_WRITE)
  const pool = system_wq()
  wait_done(pool, work, not_canceling)
  const wanted = read(work + STATE) !== WORK_IDLE
  if (wanted) list_del_init(ENTRY(work))
  write(work + STATE, WORK_CANCELING)
  const stopped = not_running(pool, work)
  spin_unlock(worker_pool.at.lock(pool))
  if (!stopped) {
    wait_done(pool, work, not_running)
    spin_unlock(worker_pool.at.lock(pool))
  }
  spin_lock(worker_pool.at.lock(pool))
  write(work + STATE, WORK_IDLE)
  spin_unlock(worker_pool.at.lock(pool))
  wake_up_all(worker_pool.at.done(pool))
  return wanted
}

/**
 * Waits for the run that was wanted last: until it is over or called off. Not for runs that are wanted later, nor for a timer.
 * Somebody else must serve, and the work must outlive the wait.
 */
export function flush_work(work: Work): void {
  might_sleep()
  might_lock(work, work + DEP_MAP, LOCK_WRITE)
  const pool = system_wq()
  spin_lock(worker_pool.at.lock(pool))
  const run = read(work + BEGUN) + (read(work + STATE) === WORK_QUEUED ? 1 : 0)
  spin_unlock(worker_pool.at.lock(pool))
  wait_done(pool, work, ended, run)
  spin_unlock(worker_pool.at.lock(pool))
}

/** Oldest work that no other CPU runs, taken off the list and marked as run here; 0 if there is none. */
function take(pool: Pool): Work {
  const head = worker_pool.at.worklist(pool)
  spin_lock(worker_pool.at.lock(pool))
  let found: Work = as(0)
  for (let at = list_next(head); at !== head && found === 0; at = list_next(at)) {
    if (!is_running(pool, ofEntry(at))) found = ofEntry(at)
  }
  if (found !== 0) {
    list_del_init(ENTRY(found))
    write(found + STATE, WORK_IDLE)
    write(found + BEGUN, read(found + BEGUN) + 1)
    write(read(pool + RUNNING) + smp_processor_id(), found)
    write(pool + EXECUTED, read(pool + EXECUTED) + 1)
  }
  spin_unlock(worker_pool.at.lock(pool))
  return found
}

/** True if there is work that could be run now: a hint. */
export function work_available(): boolean {
  const pool = system_wq()
  const head = worker_pool.at.worklist(pool)
  spin_lock(worker_pool.at.lock(pool))
  let found = false
  for (let at = list_next(head); at !== head && !found; at = list_next(at)) {
    found = !is_running(pool, ofEntry(at))
  }
  spin_unlock(worker_pool.at.lock(pool))
  return found
}

/** Runs one piece of work, if there is one. Returns true if it did. */
export function process_one_work(): boolean {
  const pool = system_wq()
  const work = take(pool)
  if (work === 0) return false
  // The function may free the work: what lockdep sees held is a copy, and from there on the work is only a number.
  const map = read(pool + RUNNING) + num_possible_cpus() + smp_processor_id()
  write(map, read(work + DEP_MAP))
  trace_lock_acquire(map, map, 0, false, LOCK_WRITE, 0)
  trace_lock_acquired(map)
  work_funcs.get(read(work + FUNC))(work)
  trace_lock_release(map)
  spin_lock(worker_pool.at.lock(pool))
  write(read(pool + RUNNING) + smp_processor_id(), 0)
  spin_unlock(worker_pool.at.lock(pool))
  wake_up_all(worker_pool.at.done(pool))
  return true
}

/** Pieces of work run so far. */
export function works_executed(): number {
  return read(system_wq() + EXECUTED)
}
