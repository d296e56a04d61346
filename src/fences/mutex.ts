/**
 * mutex: alive under a mutex that every operation holds. One operation at a time; nobody is woken: who sleeps finds out
 * by the time-out path, 500 ms later at the latest. Poll does not ask whether the device is alive, and never says that it is gone.
 *
 * Source   Switchtec v5 (97cdd21 of the driver's repository): "alive" under mrpc_mutex, "they should all be released through the timeout path" (L. Gunthorpe)
 */
import { read, write } from '#access'
import { EINTR, ENODEV } from '../base/errno.ts'
import { mutex_init, mutex_lock, mutex_lock_interruptible, mutex_unlock } from '../sync/index.ts'
import { fence, type Fence, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive
const LOCK = fence.at.mutex

/** Prepares the mutex. */
export function mutex_fence_init(f: Fence): number {
  mutex_init(LOCK(f), '&fence->mutex')
  return 0
}

/** Takes the mutex, if the device is there. */
export function mutex_enter(f: Fence): number {
  if (mutex_lock_interruptible(LOCK(f)) !== 0) return -EINTR
  if (read(f + ALIVE) === 1) return 0
  mutex_unlock(LOCK(f))
  return -ENODEV
}

/** After it nobody gets past mutex_enter, and whoever had has left. */
export function mutex_close(f: Fence): void {
  mutex_lock(LOCK(f))
  write(f + ALIVE, 0)
  mutex_unlock(LOCK(f))
}

export const mutex: FenceType = {
  name: 'mutex',
  history: 'Switchtec v5',
  strong: true,
  wakes: false,
  waits: false,
  looks: true,
  gone: -ENODEV,
  gone_mask: 0,
  init: mutex_fence_init,
  enter: mutex_enter,
  leave(f) {
    mutex_unlock(LOCK(f))
  },
  begin: mutex_close,
}
