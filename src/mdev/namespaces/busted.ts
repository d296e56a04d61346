/**
 * busted: the control. placeholder without its lock: two creates can both find the uuid free, and the list's links are
 * changed by several CPUs at once. Every oracle that watches a namespace must catch it.
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { EAGAIN, EEXIST } from '../../base/errno.ts'
import { list_add, list_del } from '../../mem/list.ts'
import { mdev_device } from '../types.ts'
import { alloc_mdev, find_uuid, mdev_link, mdev_list } from './list.ts'
import type { Namespace } from './namespace.ts'

const ACTIVE = mdev_device.offset.active

export const busted: Namespace = {
  name: 'busted',
  locksList: false,
  serialises: 'nothing',
  listsUnfinished: true,
  seesAllParents: true,
  claim(parent, uuid) {
    const mdev = find_uuid(mdev_list(), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev > 0) list_add(mdev_link(as(mdev)), mdev_list())
    return mdev
  },
  settle(mdev) {
    WRITE_ONCE(mdev + ACTIVE, 1)
  },
  abandon() {},
  find(mdev) {
    if (READ_ONCE(mdev + ACTIVE) !== 1) return -EAGAIN
    WRITE_ONCE(mdev + ACTIVE, 0)
    return 0
  },
  restore(mdev) {
    WRITE_ONCE(mdev + ACTIVE, 1)
  },
  commit() {},
  retire() {},
  release(mdev) {
    list_del(mdev_link(mdev))
  },
}
