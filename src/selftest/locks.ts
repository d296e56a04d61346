/**
 * The locks of src/sync behind the steps of the locking self-test.
 */
import { as, type Addr } from '../base/addr.ts'
import type { Kind, LockKinds } from './index.ts'
import { alloc_boot } from '../mem/arena.ts'
import * as sync from '../sync/index.ts'

interface Ops<S extends string> {
  init(lock: Addr<S>, name: string): void
  lock(lock: Addr<S>): void
  unlock(lock: Addr<S>): void
  read?(lock: Addr<S>): void
  readUnlock?(lock: Addr<S>): void
}

function real<S extends string>(words: number, ops: Ops<S>): Kind {
  return {
    create(name) {
      const lock = as<S>(alloc_boot(words))
      ops.init(lock, name)
      return lock
    },
    run(action, address, name) {
      const lock = as<S>(address)
      if (action === 'init') ops.init(lock, name)
      else if (action === 'lock' || action === 'write') ops.lock(lock)
      else if (action === 'unlock' || action === 'write unlock') ops.unlock(lock)
      else if (action === 'read') ops.read?.(lock)
      else ops.readUnlock?.(lock)
    },
  }
}

/** Every kind that src/sync has; readers that may nest (`rwlock` of the kernel before 3.16, 70af2f8a4f48) it has not. */
export const REAL: Partial<LockKinds> = {
  spin: real<'spinlock'>(sync.spinlock.words, {
    init: sync.spin_lock_init,
    lock: sync.spin_lock,
    unlock: sync.spin_unlock,
  }),
  qrwlock: real<'rwlock'>(sync.rwlock.words, {
    init: sync.rwlock_init,
    lock: sync.write_lock,
    unlock: sync.write_unlock,
    read: sync.read_lock,
    readUnlock: sync.read_unlock,
  }),
  mutex: real<'mutex'>(sync.mutex.words, {
    init: sync.mutex_init,
    lock: sync.mutex_lock,
    unlock: sync.mutex_unlock,
  }),
  rwsem: real<'rw_semaphore'>(sync.rw_semaphore.words, {
    init: sync.init_rwsem,
    lock: sync.down_write,
    unlock: sync.up_write,
    read: sync.down_read,
    readUnlock: sync.up_read,
  }),
}
