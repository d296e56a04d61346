/**
 * container_users: who keeps a group in its container. 0 takes it out.
 *
 *   0      no container                        1      VFIO_GROUP_SET_CONTAINER
 *   + 1    per open device file                + 1    per external user
 *
 * Context   may sleep.
 * Source    vfio_group_set_container, vfio_group_unset_container, vfio_group_try_dissolve_container, 5.15
 */
import { cmpxchg, READ_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { EBUSY, EINVAL } from '../base/errno.ts'
import { oops } from '../kernel/oops.ts'
import { vfio_container_attach, vfio_container_detach } from './container.ts'
import { vfio_container, vfio_group, type VfioContainer, type VfioGroup } from './types.ts'
import { vfio_group_viable } from './viable.ts'

const USERS = vfio_group.offset.container_users
const CONTAINER = vfio_group.offset.container
const DRIVER = vfio_container.offset.iommu_driver

/** Puts the group into the container. Returns 0, or -EINVAL if it is in one. */
export function vfio_group_set_container(group: VfioGroup, container: VfioContainer): number {
  if (READ_ONCE(group + USERS) !== 0) return -EINVAL
  vfio_container_attach(container, group)
  return 0
}

/** Takes the group out. Returns 0, -EINVAL (it is in none) or -EBUSY (a device is open). */
export function vfio_group_unset_container(group: VfioGroup): number {
  const users = cmpxchg(group + USERS, 1, 0)
  if (users === 0) return -EINVAL
  if (users !== 1) return -EBUSY
  vfio_container_detach(group)
  return 0
}

/** One user less, if there is one; the last takes the group out of its container. */
export function vfio_group_try_dissolve_container(group: VfioGroup): void {
  for (;;) {
    const users = READ_ONCE(group + USERS)
    if (users <= 0) return
    if (cmpxchg(group + USERS, users, users - 1) !== users) continue
    if (users === 1) vfio_container_detach(group)
    return
  }
}

/** One user more, unless there is none. Returns true if it was counted. */
export function vfio_group_add_container_user(group: VfioGroup): boolean {
  for (;;) {
    const users = READ_ONCE(group + USERS)
    if (users <= 0) return false
    if (cmpxchg(group + USERS, users, users + 1) === users) return true
  }
}

/** True if the group is in a container with a backend and no device of it is driven by a host driver. */
export function vfio_group_usable(group: VfioGroup): boolean {
  if (READ_ONCE(group + USERS) === 0) return false
  const container = as<'vfio_container'>(READ_ONCE(group + CONTAINER))
  // Before e0e29bdb594a nothing keeps another thread of the same process from unsetting the container here.
  if (container === 0) oops('BUG: kernel NULL pointer dereference, address', container + DRIVER)
  return READ_ONCE(container + DRIVER) !== 0 && vfio_group_viable(group)
}
