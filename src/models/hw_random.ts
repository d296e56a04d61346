/**
 * Models of hw_random, which the mails of March 2017 name as a driver with the same problem: the thread that fills the pool beside the
 * unregistration of the last generator. Before cc2f39d6ac48 (January 2026) the thread may end by itself and clears the pointer to
 * itself; who unregisters reads that pointer without the mutex and stops a thread that may be gone. Since then the pointer is read and
 * cleared under the mutex only, and the thread ends when it is told to.
 *
 * Task   USAGE references, STOP, and a completion that its end completes; freed with its last reference. kthread_stop takes one.
 */
import { cpu_relax, fetch_add, fetch_sub, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_free } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { fence_domains_init, rcu_read_lock, rcu_read_unlock, synchronize_rcu } from '../fences/domains.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  complete_all,
  completion,
  init_completion,
  mutex,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  rcu_assign_pointer,
  wait_for_completion,
} from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { family } from './family.ts'

interface Random extends Record<string, number> {
  readonly lock: number
  /** current_rng, and the thread: 0 if there is none. */
  readonly current: number
  readonly fill: number
  /** Completed when the generator goes: a thread that sleeps for more data wakes. */
  readonly dying: number
  readonly task: number
}
const USAGE = 0
const STOP = 1
const EXITED = 2
const TASK_WORDS = EXITED + completion.words

const exitedOf = (task: number): Addr<'completion'> => as(task + EXITED)

function setup(scene: Scene): Random {
  check(fence_domains_init() === 0, 'fence_domains_init')
  const lock = scene.name(alloc_boot(mutex.words), 'rng_mutex', mutex)
  mutex_init(as(lock), 'rng_mutex')
  const dying = scene.name(alloc_boot(completion.words), 'rng->dying', completion)
  init_completion(as(dying))
  const task = scene.name(alloc_boot(TASK_WORDS), 'task', TASK_WORDS)
  init_completion(exitedOf(task))
  write(task + USAGE, 1)
  const [current, fill] = [scene.name(alloc_boot(1), 'current_rng'), scene.name(alloc_boot(1), 'hwrng_fill')]
  write(current, 1)
  write(fill, task)
  return { lock, current, fill, dying, task }
}

function put_task_struct(task: number): void {
  if (fetch_sub(task + USAGE, 1) === 1) trace_free(task, TASK_WORDS, 'task_struct')
}
function kthread_exit(task: number): void {
  complete_all(exitedOf(task))
  put_task_struct(task)
}
function kthread_stop(task: number): void {
  fetch_add(task + USAGE, 1)
  WRITE_ONCE(task + STOP, 1)
  wait_for_completion(exitedOf(task))
  put_task_struct(task)
}

/** The thread until January 2026: no generator, no thread. */
function hwrng_fillfn_before({ lock, current, fill, dying, task }: Random): void {
  while (READ_ONCE(task + STOP) === 0) {
    mutex_lock(as(lock))
    const rng = read(current)
    mutex_unlock(as(lock))
    if (rng === 0) break
    wait_for_completion(as(dying))
  }
  WRITE_ONCE(fill, 0)
  kthread_exit(task)
}
function hwrng_unregister_before({ lock, current, fill, dying }: Random): void {
  mutex_lock(as(lock))
  complete_all(as(dying))
  write(current, 0)
  mutex_unlock(as(lock))
  const task = READ_ONCE(fill)
  if (task !== 0) kthread_stop(task)
}

function hwrng_fillfn({ current, dying, task }: Random): void {
  while (READ_ONCE(task + STOP) === 0) {
    const guard = rcu_read_lock()
    const rng = READ_ONCE(current)
    rcu_read_unlock(guard)
    if (rng !== 0) wait_for_completion(as(dying))
    // Nothing to read, or no generator: it sleeps until it is told to stop.
    while (READ_ONCE(task + STOP) === 0) cpu_relax()
  }
  kthread_exit(task)
}
function hwrng_unregister({ lock, current, fill, dying }: Random): void {
  mutex_lock(as(lock))
  complete_all(as(dying))
  rcu_assign_pointer(current, 0)
  synchronize_rcu()
  if (read(fill) !== 0) kthread_stop(read(fill))
  write(fill, 0)
  mutex_unlock(as(lock))
}

const model = family<Random>({ setup, arenaWords: 1 << 14, maxSteps: 2000, fold: ['mem', 'sync'] })

/** Models of hw_random. */
export const hwRandoms: readonly Model[] = [
  model(
    'hw-random-before',
    'before cc2f39d6ac48: the filling thread ‖ the last generator is unregistered',
    [hwrng_fillfn_before, hwrng_unregister_before],
    { expect: 'use after free' },
  ),
  model('hw-random', 'since cc2f39d6ac48: the same', [hwrng_fillfn, hwrng_unregister]),
]
