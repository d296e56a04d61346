/**
 * Layouts of the work queue: a piece of work, one with a timer, the pool.
 *
 *   work_struct.state   IDLE       nobody wants it; it may be running all the same, for the last time it was wanted
 *                       QUEUED     on pool->worklist
 *                       TIMER      on pool->timers, until its time has come
 *                       CANCELING  somebody waits for it to stop running; it cannot be queued meanwhile
 *
 * Source   include/linux/workqueue.h
 */
import type { Addr } from '../base/addr.ts'
import { OpsTable } from '../base/ops.ts'
import { embed, guarded_by, list_head, struct, word, words } from '../mem/index.ts'
import { spinlock, wait_queue_head } from '../sync/index.ts'

export const WORK_IDLE = 0
export const WORK_QUEUED = 1
export const WORK_TIMER = 2
export const WORK_CANCELING = 3

export const work_struct = struct('work_struct', {
  /** Node of pool->worklist or pool->timers. */
  entry: guarded_by('pool->lock', embed(list_head)),
  state: guarded_by('pool->lock', word),
  /** Runs begun so far: tells which run somebody waits for. */
  begun: guarded_by('pool->lock', word),
  /** Id of work_funcs. */
  func: word,
  /** Class "work being run": to flush or cancel it waits for it, as for a lock. */
  dep_map: word,
})
export type Work = Addr<'work_struct'>

export const delayed_work = struct('delayed_work', {
  work: embed(work_struct),
  /** Instant, in ns of the monotonic clock: high and low word. */
  expires: guarded_by('pool->lock', words(2)),
})
export type DelayedWork = Addr<'delayed_work'>

export const worker_pool = struct('worker_pool', {
  lock: embed(spinlock),
  /** Work to be run, oldest first. */
  worklist: guarded_by('pool->lock', embed(list_head)),
  /** Delayed work, next to expire first. */
  timers: guarded_by('pool->lock', embed(list_head)),
  /** CPUs that serve wait here; also woken by interrupts. */
  more_work: embed(wait_queue_head),
  /** Flush and cancel wait here for work to end. */
  done: embed(wait_queue_head),
  /** Per CPU one word: the work it runs now, 0 none. Then per CPU one word: lockdep's copy of that work's map. */
  running: word,
  /** Pieces of work run. */
  executed: guarded_by('pool->lock', word),
})
export type Pool = Addr<'worker_pool'>

/** Functions of work, by id. A function may free the object around its work. */
export const work_funcs = new OpsTable<(work: Work) => void>('work function')
