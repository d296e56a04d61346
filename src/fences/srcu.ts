/**
 * srcu: an operation is a reader; the kill publishes "gone" and waits for a grace period. Readers share no word that they
 * write, so they do not slow each other down.
 *
 * Source   infiniband uverbs with a driver that can disassociate: ib_dev under SRCU, EIO ever after (036b10635739). Its poll says
 *          EPOLLERR since eb356e6dc15a; before, a poll was woken, did not ask, and slept on: `srcu-before`
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { EIO } from '../base/errno.ts'
import { POLLERR } from '../kernel/cdev/chardev_poll.ts'
import {
  cleanup_srcu_struct,
  init_srcu_struct,
  srcu_read_lock,
  srcu_read_unlock,
  synchronize_srcu,
} from '../sync/index.ts'
import { fence, wake_sleepers, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive
const DOMAIN = fence.at.srcu

const domain: Omit<FenceType, 'name' | 'history' | 'gone_mask'> = {
  strong: true,
  wakes: true,
  waits: false,
  gone: -EIO,
  init: (f) => init_srcu_struct(DOMAIN(f), '&fence->srcu'),
  enter(f) {
    const idx = srcu_read_lock(DOMAIN(f))
    if (READ_ONCE(f + ALIVE) === 1) return idx
    srcu_read_unlock(DOMAIN(f), idx)
    return -EIO
  },
  leave(f, _file, idx) {
    srcu_read_unlock(DOMAIN(f), idx)
  },
  begin(f) {
    WRITE_ONCE(f + ALIVE, 0)
  },
  wake: wake_sleepers,
  wait(f) {
    synchronize_srcu(DOMAIN(f))
  },
  destroy(f) {
    cleanup_srcu_struct(DOMAIN(f))
  },
}

export const srcu: FenceType = {
  ...domain,
  name: 'srcu',
  history: 'uverbs, disassociate',
  gone_mask: POLLERR,
}
export const srcu_before: FenceType = {
  ...domain,
  name: 'srcu-before',
  history: 'uverbs, disassociate, before eb356e6dc15a',
  gone_mask: 0,
}
