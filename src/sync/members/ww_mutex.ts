/** ww_mutex without a context, where it is a mutex, as every tool knows it. */
import { READ_ONCE } from '#access'
import { as, NULL } from '../../base/addr.ts'
import { ww_acquire_ctx, ww_class } from '../ww_acquire.ts'
import * as of from '../ww_mutex.ts'
import type { Lock } from './shapes.ts'

export const ww_mutex: Lock = {
  name: 'ww_mutex',
  summary: 'ww_mutex without a context',
  // Its torture takes several under contexts: torture/lock/ww.ts.
  torture: '',
  layout: of.ww_mutex,
  parts: [ww_class, ww_acquire_ctx],
  sleeps: true,
  init: of.ww_mutex_init,
  lock: (at) => void of.ww_mutex_lock(as(at), NULL),
  unlock: of.ww_mutex_unlock,
  tryLock: (at) => of.ww_mutex_trylock(as(at), NULL),
  lockInterruptible: (at) => of.ww_mutex_lock_interruptible(as(at), NULL),
  isFree: (at) => READ_ONCE(at) === 0,
}
