/**
 * global: mdev_list_lock over all of create and remove, across all parents.
 *
 * Invariant    one create or remove at a time in the whole system.
 * Order        parent_list_lock → mdev_list_lock → driver core locks.
 * Known flaw   a removal that blocks (a user has the device open) stalls every create and remove everywhere.
 * Source       [PATCH v2] vfio/mdev: Check globally for duplicate devices, May 2018; never merged. The remove side is
 *              reconstructed from the commit message.
 */
import { EEXIST, ENODEV } from '../../base/errno.ts'
import { list_add, list_del } from '../../mem/list.ts'
import { mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { alloc_mdev, find_uuid, in_list, mdev_link, mdev_list, mdev_list_lock } from './list.ts'
import type { Namespace } from './namespace.ts'

export const global: Namespace = {
  name: 'global',
  locksList: true,
  serialises: 'everything',
  listsUnfinished: false,
  seesAllParents: true,
  claim(parent, uuid) {
    mutex_lock(mdev_list_lock())
    const mdev = find_uuid(mdev_list(), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev < 0) mutex_unlock(mdev_list_lock())
    return mdev
  },
  settle(mdev) {
    list_add(mdev_link(mdev), mdev_list())
    mutex_unlock(mdev_list_lock())
  },
  abandon() {
    mutex_unlock(mdev_list_lock())
  },
  find(mdev) {
    mutex_lock(mdev_list_lock())
    if (in_list(mdev_list(), mdev)) return 0
    mutex_unlock(mdev_list_lock())
    return -ENODEV
  },
  restore() {
    mutex_unlock(mdev_list_lock())
  },
  commit(mdev) {
    list_del(mdev_link(mdev))
  },
  retire() {
    mutex_unlock(mdev_list_lock())
  },
  // The final put happens under mdev_list_lock: taking it here again would deadlock.
  release() {},
}
