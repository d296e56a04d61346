/**
 * percpu-ref: a per-CPU count of the operations inside, kept over a sleep. In one part, as posted: cdev_del kills and waits, and
 * nothing wakes a sleeper in between. In two halves: the driver wakes its sleepers between them.
 *
 * Source   D. Williams, "cdev: Finish the cdev api with queued mode support", 20 January 2021: percpu_ref_tryget_live, else -ENXIO;
 *          two halves: L. Pinchart and J. Gunthorpe, 29 January 2026 (cdev_unregister_sync)
 */
import { WRITE_ONCE } from '#access'
import { ENXIO } from '../base/errno.ts'
import {
  percpu_ref_exit,
  percpu_ref_init,
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../sync/index.ts'
import { fence, wake_sleepers, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive
const REF = fence.at.ref

export const percpu_2021: FenceType = {
  name: 'percpu-2021',
  history: 'cdev with percpu_ref, as posted',
  strong: true,
  wakes: false,
  waits: false,
  keeps: true,
  gone: -ENXIO,
  init: (f) => percpu_ref_init(REF(f), '&fence->ref'),
  enter: (f) => (percpu_ref_tryget_live(REF(f)) ? 0 : -ENXIO),
  leave(f) {
    percpu_ref_put(REF(f))
  },
  begin(f) {
    WRITE_ONCE(f + ALIVE, 0)
    percpu_ref_kill(REF(f))
  },
  wait(f) {
    percpu_ref_wait(REF(f))
  },
  destroy(f) {
    percpu_ref_exit(REF(f))
  },
}

export const percpu: FenceType = {
  ...percpu_2021,
  name: 'percpu',
  history: 'cdev with percpu_ref, in two halves',
  wakes: true,
  wake: wake_sleepers,
}
