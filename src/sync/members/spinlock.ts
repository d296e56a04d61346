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
  lockNested: of.spin_lock_nested,
  isFree: (at) => !of.spin_is_locked(as(at)),
}
