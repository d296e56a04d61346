/**
 * What user space does with containers and groups: open, ioctl, close.
 *
 *   container = open("/dev/vfio/vfio")        group = open("/dev/vfio/<n>")
 *   ioctl(group, VFIO_GROUP_SET_CONTAINER, container)    ioctl(container, VFIO_SET_IOMMU, type)
 *   device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name)    (user_device.ts)
 *
 * Invariant   an open group file holds a reference to the group; there is at most one.
 * Context     may sleep.
 * Errors      see each function; -EBADF for what is not the right kind of file.
 * Source      drivers/vfio/vfio.c, 5.15; the errnos were recorded from a 6.1 kernel
 */
import { cmpxchg, READ_ONCE, WRITE_ONCE } from '#access'
import { trace_point } from '#trace'
import { EBADF, EBUSY, EINVAL, ENODEV, ENOMEM } from '../base/errno.ts'
import { WARN } from '../kernel/oops.ts'
import { blocking_notifier_head } from '../sync/index.ts'
import { vfio_container_alloc, vfio_container_put, vfio_container_set_iommu } from './container.ts'
import { vfio_file_close, vfio_file_kind, vfio_file_object, vfio_file_open } from './file.ts'
import { vfio_node_minor } from './globals.ts'
import { vfio_group_get_from_minor, vfio_group_put } from './group.ts'
import {
  vfio_group_set_container,
  vfio_group_try_dissolve_container,
  vfio_group_unset_container,
} from './group_users.ts'
import {
  vfio_group,
  VFIO_FILE_CONTAINER,
  VFIO_FILE_GROUP,
  type VfioContainer,
  type VfioGroup,
} from './types.ts'
import { vfio_group_viable } from './viable.ts'

const { opened: OPENED, container: CONTAINER } = vfio_group.offset

/** Bits of VFIO_GROUP_GET_STATUS. */
export const VFIO_GROUP_FLAGS_VIABLE = 1
export const VFIO_GROUP_FLAGS_CONTAINER_SET = 2

/** Opens /dev/vfio/vfio: a new container. Returns a descriptor or -ENOMEM. */
export function vfio_fops_open(): number {
  const container = vfio_container_alloc()
  if (container < 0) return container
  const fd = vfio_file_open(VFIO_FILE_CONTAINER, container)
  if (fd !== 0) return fd
  vfio_container_put(container as VfioContainer)
  return -ENOMEM
}

/** Closes it; groups that are in it keep it alive. Returns 0 or -EBADF. */
export function vfio_fops_release(fd: number): number {
  const container = vfio_file_object<'vfio_container'>(fd, VFIO_FILE_CONTAINER)
  if (container === 0) return -EBADF
  vfio_file_close(fd)
  vfio_container_put(container)
  return 0
}

/** VFIO_SET_IOMMU. Returns 0, -EBADF or -EINVAL. */
export function vfio_ioctl_set_iommu(fd: number, type: number): number {
  const container = vfio_file_object<'vfio_container'>(fd, VFIO_FILE_CONTAINER)
  return container === 0 ? -EBADF : vfio_container_set_iommu(container, type)
}

/**
 * Opens /dev/vfio/<n>, n being the number of the IOMMU group.
 * @returns a descriptor, -ENOENT (no such node), -ENODEV (the group is gone), -EBUSY (open, or still in a container), -ENOMEM
 */
export function vfio_group_open(n: number): number {
  const minor = vfio_node_minor(n)
  if (minor < 0) return minor
  trace_point('vfio_group_open:node')
  const group = vfio_group_get_from_minor(minor)
  if (group === 0) return -ENODEV
  const fd = open_group(group)
  if (fd < 0) vfio_group_put(group)
  return fd
}

function open_group(group: VfioGroup): number {
  if (cmpxchg(group + OPENED, 0, 1) !== 0) return -EBUSY
  // A device file of the last user may be open still.
  const fd = READ_ONCE(group + CONTAINER) === 0 ? vfio_file_open(VFIO_FILE_GROUP, group) || -ENOMEM : -EBUSY
  if (fd < 0) WRITE_ONCE(group + OPENED, 0)
  return fd
}

/** Closes it. Returns 0 or -EBADF. */
export function vfio_group_fops_release(fd: number): number {
  const group = vfio_file_object<'vfio_group'>(fd, VFIO_FILE_GROUP)
  if (group === 0) return -EBADF
  if (READ_ONCE(blocking_notifier_head.at.chain(vfio_group.at.notifier(group))) !== 0) {
    WARN('vfio_group_fops_release: somebody is registered on the notifier of the group')
  }
  vfio_file_close(fd)
  vfio_group_try_dissolve_container(group)
  WRITE_ONCE(group + OPENED, 0)
  vfio_group_put(group)
  return 0
}

/** VFIO_GROUP_GET_STATUS: bits VFIO_GROUP_FLAGS_*, or -EBADF. */
export function vfio_ioctl_group_status(fd: number): number {
  const group = vfio_file_object<'vfio_group'>(fd, VFIO_FILE_GROUP)
  if (group === 0) return -EBADF
  const viable = vfio_group_viable(group) ? VFIO_GROUP_FLAGS_VIABLE : 0
  return viable | (READ_ONCE(group + CONTAINER) === 0 ? 0 : VFIO_GROUP_FLAGS_CONTAINER_SET)
}

/**
 * VFIO_GROUP_SET_CONTAINER.
 * @returns 0; -EBADF: either is no open file; -EINVAL: the group is in a container, or the second file is not one
 */
export function vfio_ioctl_set_container(fd: number, containerFd: number): number {
  const group = vfio_file_object<'vfio_group'>(fd, VFIO_FILE_GROUP)
  if (group === 0) return -EBADF
  if (READ_ONCE(group + vfio_group.offset.container_users) !== 0) return -EINVAL
  const container = vfio_file_object<'vfio_container'>(containerFd, VFIO_FILE_CONTAINER)
  if (container !== 0) return vfio_group_set_container(group, container)
  return vfio_file_kind(containerFd) === 0 ? -EBADF : -EINVAL
}

/** VFIO_GROUP_UNSET_CONTAINER. Returns 0, -EBADF, -EINVAL (it is in none) or -EBUSY (a device is open). */
export function vfio_ioctl_unset_container(fd: number): number {
  const group = vfio_file_object<'vfio_group'>(fd, VFIO_FILE_GROUP)
  return group === 0 ? -EBADF : vfio_group_unset_container(group)
}
