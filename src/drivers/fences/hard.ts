/**
 * hard: the mutex of v5, and close wakes everybody: what stdev_kill does. No time-out path is needed to get rid of users.
 *
 * Source   Switchtec v6 as merged in 4.12 (stdev_kill); "a hard fence on close sounds like a good idea" (L. Gunthorpe)
 */
import { wake_up_poll } from '../../kernel/chardev_poll.ts'
import { fence, fences, type FenceType } from './fence.ts'
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
  close(f) {
    mutex_close(f)
    wake_up_poll(fence.at.wait(f))
  },
}
/** Its id. */
export const FENCE_HARD: number = fences.define(hard.name, hard)
