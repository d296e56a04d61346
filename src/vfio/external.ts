/**
 * Users of a group inside the kernel: KVM and the like. They count as users of its container, and may listen on its own chain.
 *
 * Context   may sleep.
 * Source    vfio_group_get_external_user, vfio_register_notifier, 5.15
 */
import type { Addr } from '../base/addr.ts'
import { EBADF, EINVAL } from '../base/errno.ts'
import { blocking_notifier_chain_register, blocking_notifier_chain_unregister } from '../sync/index.ts'
import { vfio_file_object } from './file.ts'
import { vfio_group_get, vfio_group_put } from './group.ts'
import {
  vfio_group_add_container_user,
  vfio_group_try_dissolve_container,
  vfio_group_usable,
} from './group_users.ts'
import { vfio_group, VFIO_FILE_GROUP, type VfioGroup } from './types.ts'

const CHAIN = vfio_group.at.notifier

/** Makes the caller a user of the group behind an open file. Returns the group, -EBADF, or -EINVAL if it cannot be used. */
export function vfio_group_get_external_user(fd: number): number {
  const group = vfio_file_object<'vfio_group'>(fd, VFIO_FILE_GROUP)
  if (group === 0) return -EBADF
  if (!vfio_group_add_container_user(group)) return -EINVAL
  if (!vfio_group_usable(group)) {
    vfio_group_try_dissolve_container(group)
    return -EINVAL
  }
  vfio_group_get(group)
  return group
}

/** Ends that. */
export function vfio_group_put_external_user(group: VfioGroup): void {
  vfio_group_try_dissolve_container(group)
  vfio_group_put(group)
}

/** Listens on the group's own chain. Returns 0, -EINVAL for a group without users, or -EEXIST. */
export function vfio_register_group_notifier(group: VfioGroup, nb: Addr<'notifier_block'>): number {
  if (!vfio_group_add_container_user(group)) return -EINVAL
  const ret = blocking_notifier_chain_register(CHAIN(group), nb)
  vfio_group_try_dissolve_container(group)
  return ret
}

/** Ends that. Returns 0, -EINVAL for a group without users, or -ENOENT. */
export function vfio_unregister_group_notifier(group: VfioGroup, nb: Addr<'notifier_block'>): number {
  if (!vfio_group_add_container_user(group)) return -EINVAL
  const ret = blocking_notifier_chain_unregister(CHAIN(group), nb)
  vfio_group_try_dissolve_container(group)
  return ret
}
