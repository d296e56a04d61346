/** spinlock, as every tool knows it. */
import { as } from '../../base/addr.ts'
import * as of from '../spinlock.ts'
import type { Lock } from './shapes.ts'

export const spinlock: Lock = {
  name: 'spinlock',
  summary: 'spinlock',
  torture: 'spin_lock',
  layout: of.spinlock,
  sleeps: false,
  init: of.spin_lock_init,
  lock: of.spin_lock,
  unlock: of.spin_unlock,
  tryLock: of.spin_trylock,
  lockFor: of.spin_lock_timeout,
  lockNested: of.spin_lock_nested,
  async: {
    begin: of.spin_async_begin,
    attempt: of.spin_async_try,
    giveUp: of.spin_async_end,
    word: 0,
  },
  isFree: (at) => !of.spin_is_locked(as(at)),
}
