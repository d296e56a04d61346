/**
 * hard: the mutex of v5, and everybody is woken: what stdev_kill does. No time-out path is needed to get rid of users.
 *
 * Source   Switchtec v6 as merged in 4.12 (stdev_kill); "a hard fence on close sounds like a good idea" (L. Gunthorpe)
 */
import { fences, wake_sleepers, type FenceType } from './fence.ts'
import { mutex, mutex_close, mutex_fence_init } from './mutex.ts'

export const hard: FenceType = {
  name: 'hard',
  history: 'Switchtec v6',
  strong: true,
  wakes: true,
  waits: false,
  init: mutex_fence_init,
  enter: mutex.enter,
  leave: mutex.leave,
  close: mutex_close,
  tell: wake_sleepers,
}
/** Its id. */
export const FENCE_HARD: number = fences.define(hard.name, hard)
