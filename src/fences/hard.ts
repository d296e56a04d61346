/**
 * hard: the mutex of v5, and everybody is woken. No time-out path is needed to get rid of users.
 *
 * Source   after Switchtec v6 (041f6e7, stdev_kill), which clears alive after it has cancelled its timer; "a hard fence on close sounds like a good idea" (L. Gunthorpe)
 */
import { ENODEV } from '../base/errno.ts'
import { wake_sleepers, type FenceType } from './fence_struct.ts'
import { mutex, mutex_close, mutex_fence_init } from './mutex.ts'

export const hard: FenceType = {
  name: 'hard',
  history: 'Switchtec v6',
  strong: true,
  wakes: true,
  waits: false,
  gone: -ENODEV,
  init: mutex_fence_init,
  enter: mutex.enter,
  leave: mutex.leave,
  begin: mutex_close,
  wake: wake_sleepers,
}
