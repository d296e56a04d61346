/**
 * srcu: an operation is a reader; close publishes "gone" and waits for a grace period. Readers share no word that they
 * write, so they do not slow each other down.
 *
 * Source   infiniband uverbs with a driver that can disassociate: ib_dev under SRCU, EIO ever after (036b10635739). Its poll says
 *          EPOLLERR since eb356e6dc15a, and slept on before; HUP is ours, as in the other members
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { EIO } from '../base/errno.ts'
import {
  cleanup_srcu_struct,
  init_srcu_struct,
  srcu_read_lock,
  srcu_read_unlock,
  synchronize_srcu,
} from '../sync/index.ts'
import { fence, fences, wake_sleepers, type FenceType } from './fence.ts'

const ALIVE = fence.offset.alive
const DOMAIN = fence.at.srcu

export const srcu: FenceType = {
  name: 'srcu',
  history: 'uverbs, disassociate',
  strong: true,
  wakes: true,
  waits: false,
  init: (f) => init_srcu_struct(DOMAIN(f), '&fence->srcu'),
  enter(f) {
    const idx = srcu_read_lock(DOMAIN(f))
    if (READ_ONCE(f + ALIVE) === 1) return idx
    srcu_read_unlock(DOMAIN(f), idx)
    return -EIO
  },
  leave(f, idx) {
    srcu_read_unlock(DOMAIN(f), idx)
  },
  close(f) {
    WRITE_ONCE(f + ALIVE, 0)
    synchronize_srcu(DOMAIN(f))
  },
  tell: wake_sleepers,
  destroy(f) {
    cleanup_srcu_struct(DOMAIN(f))
  },
}
/** Its id. */
export const FENCE_SRCU: number = fences.define(srcu.name, srcu)
