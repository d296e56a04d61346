/** rw_semaphore, as every tool knows it. */
import { as } from '../../base/addr.ts'
import * as of from '../rwsem.ts'
import type { Lock } from './shapes.ts'

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
  shared: {
    lock: of.down_read,
    unlock: of.up_read,
    tryLock: of.down_read_trylock,
    lockFor: of.down_read_timeout,
    lockInterruptible: of.down_read_interruptible,
  },
  downgrade: of.downgrade_write,
  isFree: (at) => !of.rwsem_is_locked(as(at)),
}
