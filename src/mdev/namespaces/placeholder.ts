/**
 * placeholder: the device enters mdev_list at once, inactive; mdev_list_lock is held for the scan and the insertion only.
 *
 * Invariant    a uuid is taken from the start of create until the last reference to its device is gone.
 *              active is 1 exactly while the device is complete and nobody is removing it.
 * Order        mdev_list_lock is a leaf, except that allocation happens under it.
 * Note         the kernel writes `active` plainly, outside the lock; here the store is marked.
 * Source       002fe996f67f, 4.18 (vfio/mdev: Check globally for duplicate devices, as merged)
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { EAGAIN, EEXIST, ENODEV } from '../../base/errno.ts'
import { list_add, list_del } from '../../mem/list.ts'
import { mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { mdev_device } from '../types.ts'
import { alloc_mdev, find_uuid, in_list, mdev_link, mdev_list, mdev_list_lock } from './list.ts'
import type { Namespace } from './namespace.ts'

const ACTIVE = mdev_device.offset.active

export const placeholder: Namespace = {
  name: 'placeholder',
  locksList: true,
  serialises: 'nothing',
  listsUnfinished: true,
  seesAllParents: true,
  claim(parent, uuid) {
    mutex_lock(mdev_list_lock())
    const mdev = find_uuid(mdev_list(), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev > 0) list_add(mdev_link(as(mdev)), mdev_list())
    mutex_unlock(mdev_list_lock())
    return mdev
  },
  settle(mdev) {
    WRITE_ONCE(mdev + ACTIVE, 1)
  },
  abandon() {},
  find(mdev) {
    mutex_lock(mdev_list_lock())
    let ret = -ENODEV
    if (in_list(mdev_list(), mdev)) ret = READ_ONCE(mdev + ACTIVE) === 1 ? 0 : -EAGAIN
    if (ret === 0) WRITE_ONCE(mdev + ACTIVE, 0)
    mutex_unlock(mdev_list_lock())
    return ret
  },
  restore(mdev) {
    WRITE_ONCE(mdev + ACTIVE, 1)
  },
  commit() {},
  retire() {},
  release(mdev) {
    mutex_lock(mdev_list_lock())
    list_del(mdev_link(mdev))
    mutex_unlock(mdev_list_lock())
  },
}
