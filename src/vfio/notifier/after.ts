/**
 * after: no reference at all. The chain's rwsem already says that a callback runs only while the block is registered, and the
 * group is freed after the block is unregistered.
 *
 * Invariant   in the two fringe windows (registered but not yet listed; last reference gone but still registered) nobody uses
 *             the container and no device is registered, for both are balanced and need a live reference. So ADD and BOUND
 *             end at once, and UNBOUND edits a list that is empty at first and read by nobody at last.
 *             unbound_list is therefore freed after unregistration only.
 * Source      vfio: Delete vfio_get/put_group from vfio_iommu_group_notifier(), 63b150fde7a2 (5.16)
 */
import { READ_ONCE } from '#access'
import { WARN } from '../../kernel/oops.ts'
import { vfio_group } from '../types.ts'
import type { GroupNotifier } from './notifier.ts'
import { vfio_free_unbound_list } from './unbound.ts'

export const after: GroupNotifier = {
  name: 'after',
  underLock: false,
  init: () => 0,
  get: () => true,
  put() {},
  release(group) {
    if (READ_ONCE(group + vfio_group.offset.container_users) !== 0) {
      WARN('vfio_group_release: container_users is not 0')
    }
  },
  free: vfio_free_unbound_list,
}
