/**
 * Models of the work queue: a work that was cancelled neither runs nor will, one that was wanted is run, and whoever waits for
 * one is told, by whom ever it ended.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import {
  cancel_delayed_work,
  cancel_delayed_work_sync,
  delayed_work_pending,
  flush_delayed_work,
  INIT_DELAYED_WORK,
  mod_delayed_work,
  run_timers,
  schedule_delayed_work,
  to_delayed_work,
} from '../kernel/delayed_work.ts'
import { serve, serve_stop, SERVE_WORK } from '../kernel/service.ts'
import {
  cancel_work_sync,
  flush_work,
  process_one_work,
  queue_work,
  work_pending,
  workqueue_init,
  works_executed,
} from '../kernel/workqueue.ts'
import { delayed_work, work_funcs, type DelayedWork, type Work } from '../kernel/workqueue_struct.ts'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOver } from './family.ts'

const driver = struct('explored_driver', {
  dw: embed(delayed_work),
  lock: embed(mutex),
  /** 1: the work may be queued. Guarded by the lock. */
  alive: word,
  /** Runs of the work: a plain word, so two at once are a data race. */
  runs: word,
  /** Runs that may still queue the work again. */
  again: word,
})
const { alive: ALIVE, runs: RUNS, again: AGAIN } = driver.offset
const DW = driver.at.dw
const LOCK = driver.at.lock
const ofDw = driver.of.dw
const LATER_NS = 1_000_000

interface Driver extends Record<string, number> {
  readonly drv: number
  /** Told when everybody may stop. */
  readonly stop: number
}
type Body = (s: Driver) => void

function dwOf(s: Driver): DelayedWork {
  return DW(as(s.drv))
}
function workOf(s: Driver): Work {
  return delayed_work.at.work(dwOf(s))
}

const plain = work_funcs.define('explored_work', (work) => {
  const drv = ofDw(to_delayed_work(work))
  write(drv + RUNS, read(drv + RUNS) + 1)
})

/** Counts, and queues itself again as long as it may. */
function repeating(queue: (dw: DelayedWork) => void) {
  return (work: Work): void => {
    const drv = ofDw(to_delayed_work(work))
    write(drv + RUNS, read(drv + RUNS) + 1)
    const again = read(drv + AGAIN)
    if (again === 0) return
    write(drv + AGAIN, again - 1)
    queue(DW(drv))
  }
}
const requeue = work_funcs.define(
  'explored_work_requeue',
  repeating((dw) => queue_work(delayed_work.at.work(dw))),
)
const rearm = work_funcs.define(
  'explored_work_rearm',
  repeating((dw) => schedule_delayed_work(dw, LATER_NS)),
)

function setup(func: number, again: number, ready: Body): (scene: Scene) => Driver {
  return (scene) => {
    check(workqueue_init(), 'no memory')
    const drv = scene.name(alloc_boot(driver.words), 'drv', driver)
    INIT_DELAYED_WORK(DW(as(drv)), func, 'work')
    mutex_init(LOCK(as(drv)), 'drv->lock')
    write(drv + ALIVE, 1)
    write(drv + AGAIN, again)
    const s = { drv, stop: scene.name(alloc_boot(1), 'stop') }
    ready(s)
    return s
  }
}

const free: Body = (s) => trace_free(s.drv, driver.words, driver.name)
const queue: Body = (s) => queue_work(workOf(s))
const arm: Body = (s) => schedule_delayed_work(dwOf(s), LATER_NS)
function nothing(): void {
  // The bodies queue it.
}

/** Runs what there is to run now, timers too. */
function worker(): void {
  run_timers(Infinity)
  while (process_one_work());
}
/** Runs at most one piece of work. */
const once: Body = () => process_one_work()
/** Serves until one piece of work has been run. */
const oneRun: Body = ({ stop }) => serve(stop, SERVE_WORK, () => serve_stop(stop))
/** Timers alone. */
const clock: Body = () => run_timers(Infinity)
/** Serves until it is told to stop. */
const server: Body = ({ stop }) => serve(stop, SERVE_WORK)

/** What frees the object around the work: nothing may touch it from then on. */
function destroyer(s: Driver): void {
  cancel_delayed_work_sync(dwOf(s))
  free(s)
}
/** WRONG: does not wait for the work that runs. */
function hastyDestroyer(s: Driver): void {
  cancel_delayed_work(dwOf(s))
  free(s)
}
const canceller: Body = (s) => cancel_work_sync(workOf(s))

/** Queues it while it may be queued, as drivers do. */
function guarded(s: Driver, body: Body): void {
  const lock = LOCK(as(s.drv))
  mutex_lock(lock)
  if (read(s.drv + ALIVE) === 1) body(s)
  mutex_unlock(lock)
}
const guardedQueue: Body = (s) => guarded(s, queue)
const guardedArm: Body = (s) => guarded(s, arm)
/** The end that goes with it. */
function guardedEnd(s: Driver): void {
  guarded(s, ({ drv }) => write(drv + ALIVE, 0))
  cancel_delayed_work_sync(dwOf(s))
}

const flusher: Body = (s) => flush_work(workOf(s))
/** What the run did is seen after it. */
function flusherSees(s: Driver): void {
  flush_work(workOf(s))
  check(runs(s) === 1, 'flush_work did not wait for the run')
}
const timerFlusher: Body = (s) => flush_delayed_work(dwOf(s))
const timerCanceller: Body = (s) => cancel_delayed_work(dwOf(s))
const sooner: Body = (s) => mod_delayed_work(dwOf(s), 0)
const later: Body = (s) => mod_delayed_work(dwOf(s), LATER_NS)
function queueAndStop(s: Driver): void {
  queue(s)
  serve_stop(s.stop)
}
function armAndStop(s: Driver): void {
  arm(s)
  sooner(s)
  serve_stop(s.stop)
}

function runs(s: Driver): number {
  return read(s.drv + RUNS)
}
/** Everything that was wanted has been done. */
function settled(s: Driver): void {
  check(!work_pending(workOf(s)), 'the work is still wanted')
  check(runs(s) === works_executed(), `${runs(s)} runs of ${works_executed()} counted`)
}
/** As settled, and it has run. */
function ran(s: Driver): void {
  settled(s)
  check(runs(s) > 0, 'the work has not run')
}
const never: Body = (s) => check(!delayed_work_pending(dwOf(s)), 'the work is still wanted')

const model = familyOver<Driver, (scene: Scene) => Driver>(
  (setup) => setup,
  { fold: ['mem', 'sync'] },
  'work-',
)

/** Models of works and their timers. */
export const works: readonly Model[] = [
  model('cancel', 'a worker ‖ cancel_work_sync, then freed', setup(plain, 0, queue), [worker, destroyer], {
    bound: 4,
  }),
  model(
    'requeue',
    'a work that queues itself again ‖ cancel_work_sync, then freed',
    setup(requeue, 2, queue),
    [worker, destroyer],
    { bound: 3 },
  ),
  model(
    'rearm',
    'a work that arms its timer ‖ the clock ‖ cancel_delayed_work_sync, then freed',
    setup(rearm, 1, arm),
    [worker, clock, destroyer],
    { bound: 2 },
  ),
  model(
    'cancel-twice',
    'a work that queues itself again ‖ two cancel_work_sync',
    setup(requeue, 1, queue),
    [worker, canceller, canceller],
    { finish: never, bound: 2 },
  ),
  model(
    'guarded',
    'queued under a lock while it may be ‖ a worker ‖ forbidden and cancelled',
    setup(plain, 0, nothing),
    [guardedQueue, worker, guardedEnd],
    { finish: never, bound: 3 },
  ),
  model(
    'guarded-timer',
    'armed under a lock while it may be ‖ a worker ‖ forbidden and cancelled',
    setup(rearm, 1, nothing),
    [guardedArm, worker, guardedEnd],
    { finish: never, bound: 3 },
  ),
  model('two-workers', 'queued while it may run ‖ two workers', setup(plain, 0, queue), [queue, once, once], {
    bound: 3,
  }),
  model('flush', 'flush_work ‖ a worker', setup(plain, 0, queue), [flusherSees, worker], {
    finish: ran,
    bound: 4,
  }),
  model(
    'flush-cancel',
    'flush_delayed_work ‖ cancel_delayed_work',
    setup(plain, 0, arm),
    [timerFlusher, timerCanceller],
    { finish: never },
  ),
  model('flush-mod', 'flush_work ‖ mod_delayed_work puts it off', setup(plain, 0, queue), [flusher, later]),
  model(
    'flush-cancel-sync',
    'flush_work ‖ cancel_work_sync ‖ a worker',
    setup(plain, 0, queue),
    [flusher, canceller, worker],
    { finish: never, bound: 2 },
  ),
  model(
    'flush-rearm',
    'flush_delayed_work of a work that arms its timer again ‖ a worker',
    setup(rearm, 1, arm),
    [timerFlusher, oneRun],
    { bound: 3 },
  ),
  model('serve', 'serve ‖ queue_work, then stop', setup(plain, 0, nothing), [server, queueAndStop], {
    finish: ran,
    bound: 3,
  }),
  model(
    'serve-requeue',
    'serve ‖ a work that queues itself again, then stop',
    setup(requeue, 1, nothing),
    [server, queueAndStop],
    { finish: ran, bound: 3 },
  ),
  model(
    'serve-timer',
    'serve ‖ a timer is armed, then shortened, then stop',
    setup(plain, 0, nothing),
    [server, armAndStop],
    { finish: ran, bound: 3 },
  ),
  model(
    'serve-3',
    'two that serve ‖ queue_work, then stop',
    setup(plain, 0, nothing),
    [server, server, queueAndStop],
    { finish: ran, bound: 1 },
  ),
  model(
    'no-sync',
    'WRONG: the object is freed after cancel_work, which does not wait',
    setup(plain, 0, queue),
    [worker, hastyDestroyer],
    { expect: 'use after free' },
  ),
]
