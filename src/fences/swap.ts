/**
 * swap: each open file is on a list, and the kill takes the operations from all of them. Nobody waits for who is inside, so this is no
 * fence: what the operation in progress uses has to live until the file is closed. Sleepers are woken.
 *
 * Source   ALSA: snd_card_disconnect and snd_shutdown_f_ops (sound/core/init.c), ENODEV and EPOLLERR | EPOLLNVAL; tty: hung_up_tty_fops
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { ENODEV, ENXIO } from '../base/errno.ts'
import { POLLERR, POLLNVAL } from '../kernel/cdev/chardev_poll.ts'
import { INIT_LIST_HEAD, list_add_tail, list_del, list_next } from '../mem/index.ts'
import { spin_lock, spin_lock_init, spin_unlock } from '../sync/index.ts'
import { fence, fence_file, wake_sleepers, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive
const LOCK = fence.at.list_lock
const LIST = fence.at.list
const NODE = fence_file.at.node
const SWAPPED = fence_file.offset.swapped

export const swap: FenceType = {
  name: 'swap',
  history: 'ALSA, tty: a control',
  strong: false,
  wakes: true,
  waits: false,
  gone: -ENODEV,
  gone_mask: POLLERR | POLLNVAL,
  init(f) {
    spin_lock_init(LOCK(f), '&fence->list_lock')
    INIT_LIST_HEAD(LIST(f))
    return 0
  },
  open(f, file) {
    spin_lock(LOCK(f))
    const alive = READ_ONCE(f + ALIVE)
    if (alive === 1) list_add_tail(NODE(file), LIST(f))
    spin_unlock(LOCK(f))
    return alive === 1 ? 0 : -ENXIO
  },
  release(f, file) {
    spin_lock(LOCK(f))
    list_del(NODE(file))
    spin_unlock(LOCK(f))
  },
  enter: (_f, file) => (READ_ONCE(file + SWAPPED) === 1 ? -ENODEV : 0),
  leave() {},
  begin(f) {
    spin_lock(LOCK(f))
    WRITE_ONCE(f + ALIVE, 0)
    const head = LIST(f)
    for (let at = list_next(head); at !== head; at = list_next(at))
      WRITE_ONCE(fence_file.of.node(at) + SWAPPED, 1)
    spin_unlock(LOCK(f))
  },
  wake: wake_sleepers,
}
