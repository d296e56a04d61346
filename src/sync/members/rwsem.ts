/** rw_semaphore, as every tool knows it. */
import { as, type Addr } from '../../base/addr.ts'
import * as of from '../rwsem.ts'
import { GRANTS, rwsem_async_try } from '../rw_async.ts'
import type { AsyncWait, Lock } from './shapes.ts'

function asynchronous(attempt: (at: Addr<'rw_semaphore'>) => boolean): AsyncWait {
  return {
    begin() {},
    attempt: (at) => rwsem_async_try(as(at), () => attempt(as(at))),
    giveUp() {},
    word: GRANTS,
  }
}

export const rwsem: Lock = {
  name: 'rwsem',
  summary: 'rw_semaphore',
  torture: 'rwsem_lock',
  layout: of.rw_semaphore,
  sleeps: true,
  init: of.init_rwsem,
  lock: of.down_write,
  unlock: of.up_write,
  tryLock: of.down_write_trylock,
  lockFor: of.down_write_timeout,
  lockInterruptible: of.down_write_killable,
  lockNested: of.down_write_nested,
  async: asynchronous(of.down_write_trylock),
  shared: {
    lock: of.down_read,
    unlock: of.up_read,
    tryLock: of.down_read_trylock,
    lockFor: of.down_read_timeout,
    lockInterruptible: of.down_read_interruptible,
    async: asynchronous(of.down_read_trylock),
  },
  downgrade: of.downgrade_write,
  isFree: (at) => !of.rwsem_is_locked(as(at)),
}
