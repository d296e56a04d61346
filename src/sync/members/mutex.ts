/** mutex, as every tool knows it. */
import { as } from '../../base/addr.ts'
import * as of from '../mutex.ts'
import type { Lock } from './shapes.ts'

export const mutex: Lock = {
  name: 'mutex',
  summary: 'mutex',
  torture: 'mutex_lock',
  layout: of.mutex,
  sleeps: true,
  init: of.mutex_init,
  lock: of.mutex_lock,
  unlock: of.mutex_unlock,
  tryLock: of.mutex_trylock,
  lockFor: of.mutex_lock_timeout,
  lockInterruptible: of.mutex_lock_interruptible,
  lockNested: of.mutex_lock_nested,
  async: {
    begin: of.mutex_async_begin,
    attempt: of.mutex_async_try,
    giveUp: of.mutex_async_end,
    word: of.mutex.offset.async,
  },
  isFree: (at) => !of.mutex_is_locked(as(at)),
}
