/**
 * The locks of src/sync as locktorture sees them.
 */
import { as } from '../../base/addr.ts'
import { NSEC_PER_USEC } from '../../base/constants.ts'
import {
  mutex,
  mutex_init,
  mutex_is_locked,
  mutex_lock,
  mutex_lock_interruptible,
  mutex_lock_nested,
  mutex_lock_timeout,
  mutex_trylock,
  mutex_unlock,
} from '../../sync/mutex.ts'
import { clear_signal } from '../../sync/park.ts'
import {
  down_read,
  down_read_interruptible,
  down_read_timeout,
  down_read_trylock,
  down_write,
  down_write_killable,
  down_write_nested,
  down_write_timeout,
  down_write_trylock,
  downgrade_write,
  init_rwsem,
  rw_semaphore,
  rwsem_is_locked,
  up_read,
  up_write,
} from '../../sync/rwsem.ts'
import type { TortureTask } from '../task.ts'
import type { LockOps } from './ops.ts'
import { percpu_rwsem_lock } from './percpu_rwsem.ts'
import { SPINNING } from './spinning.ts'
import { WW } from './ww.ts'

/** Shortest and longest wait of those that give up. */
const PATIENCE_NS = 20 * NSEC_PER_USEC
const PATIENCE_SPREAD_NS = 200 * NSEC_PER_USEC

function patience(task: TortureTask): number {
  return PATIENCE_NS + task.rng.below(PATIENCE_SPREAD_NS)
}

/** Tries one way after the other until one gets the lock. A way returns 0 for success, an errno otherwise. */
function insist(task: TortureTask, ways: readonly ((patienceNs: number) => number)[]): void {
  for (;;) {
    const way = ways[task.rng.below(ways.length)]
    if (way?.(patience(task)) === 0) return
    clear_signal()
  }
}

const mutex_lock_ops: LockOps = {
  name: 'mutex_lock',
  summary: 'mutex',
  words: mutex.words,
  sleeps: true,
  init: (l, name) => mutex_init(as(l), name),
  writelock: (l) => mutex_lock(as(l)),
  writeunlock: (l) => mutex_unlock(as(l)),
  nestedlock: (l, subclass) => mutex_lock_nested(as(l), subclass),
  isFree: (l) => !mutex_is_locked(as(l)),
}

const rwsem_lock_ops: LockOps = {
  name: 'rwsem_lock',
  summary: 'rw_semaphore',
  words: rw_semaphore.words,
  sleeps: true,
  init: (l, name) => init_rwsem(as(l), name),
  writelock: (l) => down_write(as(l)),
  writeunlock: (l) => up_write(as(l)),
  readlock: (l) => down_read(as(l)),
  readunlock: (l) => up_read(as(l)),
  nestedlock: (l, subclass) => down_write_nested(as(l), subclass),
  isFree: (l) => !rwsem_is_locked(as(l)),
}

export const LOCKS: readonly LockOps[] = [
  ...SPINNING,
  mutex_lock_ops,
  {
    ...mutex_lock_ops,
    name: 'mutex_abort',
    summary: 'mutex whose waiters give up by time or signal and come back',
    signals: true,
    writelock: (l, task) => {
      const lock = as<'mutex'>(l)
      insist(task, [
        () => (mutex_lock(lock), 0),
        () => (mutex_trylock(lock) ? 0 : -1),
        (ns) => mutex_lock_timeout(lock, ns),
        () => mutex_lock_interruptible(lock),
      ])
    },
  },
  rwsem_lock_ops,
  {
    ...rwsem_lock_ops,
    name: 'rwsem_abort',
    summary: 'rw_semaphore whose waiters give up by time or signal, and whose writers downgrade',
    signals: true,
    writelock: (l, task) => {
      const sem = as<'rw_semaphore'>(l)
      insist(task, [
        () => (down_write(sem), 0),
        () => (down_write_trylock(sem) ? 0 : -1),
        (ns) => down_write_timeout(sem, ns),
        () => down_write_killable(sem),
      ])
    },
    writeunlock: (l) => {
      const sem = as<'rw_semaphore'>(l)
      downgrade_write(sem)
      up_read(sem)
    },
    readlock: (l, task) => {
      const sem = as<'rw_semaphore'>(l)
      insist(task, [
        () => (down_read(sem), 0),
        () => (down_read_trylock(sem) ? 0 : -1),
        (ns) => down_read_timeout(sem, ns),
        () => down_read_interruptible(sem),
      ])
    },
  },
  percpu_rwsem_lock,
  ...WW,
]
