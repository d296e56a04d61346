/**
 * per_parent: parent->lock over all of create and remove; only the parent's own children are compared.
 *
 * Invariant    one create or remove per parent at a time. A device is in mdev_list from the end of create to the
 *              start of remove.
 * Order        parent->lock → mdev_list_lock (leaf).
 * Known flaw   the namespace of the bus is global: a uuid that another parent has dies only at the bus link, with a
 *              warning and a stack trace (the thread of May 2018). A device is listed last, so a removal that runs
 *              beside its creation cannot see it: it leaks.
 * Source       7b96953bc640 (4.10), until 002fe996f67f (4.18)
 */
import { read } from '#access'
import { as } from '../../base/addr.ts'
import { EEXIST, ENODEV } from '../../base/errno.ts'
import { list_add, list_del } from '../../mem/list.ts'
import { mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { mdev_device_exist } from '../identity.ts'
import { mdev_device, mdev_parent } from '../types.ts'
import { alloc_mdev, in_list, mdev_link, mdev_list, mdev_list_lock } from './list.ts'
import type { Namespace } from './namespace.ts'

const lock = mdev_parent.at.lock
const PARENT = mdev_device.offset.parent

export const per_parent: Namespace = {
  name: 'per_parent',
  locksList: true,
  serialises: 'a parent',
  listsUnfinished: false,
  seesAllParents: false,
  claim(parent, uuid) {
    mutex_lock(lock(parent))
    const mdev = mdev_device_exist(parent, uuid) ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev < 0) mutex_unlock(lock(parent))
    return mdev
  },
  settle(mdev) {
    mutex_unlock(lock(as(read(mdev + PARENT))))
    mutex_lock(mdev_list_lock())
    list_add(mdev_link(mdev), mdev_list())
    mutex_unlock(mdev_list_lock())
  },
  abandon(parent) {
    mutex_unlock(lock(parent))
  },
  find(mdev) {
    mutex_lock(mdev_list_lock())
    const found = in_list(mdev_list(), mdev)
    if (found) list_del(mdev_link(mdev))
    mutex_unlock(mdev_list_lock())
    if (!found) return -ENODEV
    mutex_lock(lock(as(read(mdev + PARENT))))
    return 0
  },
  restore(mdev) {
    mutex_unlock(lock(as(read(mdev + PARENT))))
    mutex_lock(mdev_list_lock())
    list_add(mdev_link(mdev), mdev_list())
    mutex_unlock(mdev_list_lock())
  },
  commit() {},
  retire(parent) {
    mutex_unlock(lock(parent))
  },
  release() {},
}
