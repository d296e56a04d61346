/**
 * What user space does with a device: VFIO_GROUP_GET_DEVICE_FD, the channel for requests, close.
 *
 * Invariant   an open device file holds a reference to the device, a user of the group's container, and a reference to the module
 *             of the driver; so a remover waits for it, and the driver's code is there.
 * Order       dev_set->lock → the driver's open_device and close_device
 * Context     may sleep.
 * Source      vfio_group_get_device_fd, vfio_device_fops_release, 5.15
 */
import { fetch_add, read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EBADF, EINVAL, ENODEV, ENOMEM } from '../base/errno.ts'
import { device, device_driver } from '../kernel/device/device_struct.ts'
import { module_put, try_module_get } from '../kernel/module.ts'
import type { Module } from '../kernel/module_struct.ts'
import { mutex_lock, mutex_unlock } from '../sync/index.ts'
import { vfio_device_get_from_name, vfio_device_put } from './device.ts'
import { vfio_file_close, vfio_file_object, vfio_file_open } from './file.ts'
import { vfio_group_try_dissolve_container, vfio_group_usable } from './group_users.ts'
import {
  vfio_device,
  vfio_device_ops,
  vfio_group,
  VFIO_FILE_DEVICE,
  VFIO_FILE_GROUP,
  type VfioDevice,
  type VfioGroup,
} from './types.ts'

const { dev: DEV, ops: OPS, group: GROUP, open_count: COUNT, req_trigger: TRIGGER } = vfio_device.offset
const LOCK = vfio_device.at.dev_set_lock
const USERS = vfio_group.offset.container_users

/** Index of the interrupt by which a user is asked to let go. */
export const VFIO_PCI_REQ_IRQ_INDEX = 4

/** Module of the driver that the device is bound to; NULL for built-in. */
function owner_of(vdev: VfioDevice): Module {
  const driver = READ_ONCE(read(vdev + DEV) + device.offset.driver)
  return driver === 0 ? as(0) : as(read(driver + device_driver.offset.owner))
}

/** First open: the driver may refuse. */
function vfio_device_open(vdev: VfioDevice): number {
  const { open_device } = vfio_device_ops.get(read(vdev + OPS))
  mutex_lock(LOCK(vdev))
  const count = read(vdev + COUNT)
  const error = count === 0 ? (open_device?.(vdev) ?? 0) : 0
  if (error === 0) write(vdev + COUNT, count + 1)
  mutex_unlock(LOCK(vdev))
  return error
}

/** Last close: the driver hears of it. */
function vfio_device_close(vdev: VfioDevice): void {
  const { close_device } = vfio_device_ops.get(read(vdev + OPS))
  mutex_lock(LOCK(vdev))
  const count = read(vdev + COUNT) - 1
  write(vdev + COUNT, count)
  if (count === 0) {
    WRITE_ONCE(vdev + TRIGGER, 0)
    close_device?.(vdev)
  }
  mutex_unlock(LOCK(vdev))
}

/** With a reference to the device: opens a file of it, or undoes everything but the reference. */
function open_file(group: VfioGroup, vdev: VfioDevice): number {
  const error = vfio_device_open(vdev)
  if (error !== 0) return error
  const fd = vfio_file_open(VFIO_FILE_DEVICE, vdev)
  if (fd === 0) {
    vfio_device_close(vdev)
    return -ENOMEM
  }
  fetch_add(group + USERS, 1)
  return fd
}

/**
 * VFIO_GROUP_GET_DEVICE_FD.
 * @returns a descriptor; -EBADF; -EINVAL (no container, no backend, or the group is not viable); -ENODEV (no such device, or its
 *   driver is going); what the driver answers; -ENOMEM
 */
export function vfio_group_get_device_fd(groupFd: number, name: Addr<'qstr'>): number {
  const group = vfio_file_object<'vfio_group'>(groupFd, VFIO_FILE_GROUP)
  if (group === 0) return -EBADF
  if (!vfio_group_usable(group)) return -EINVAL
  trace_enter('vfio_group_get_device_fd')
  const vdev = vfio_device_get_from_name(group, name)
  const fd = vdev === 0 ? -ENODEV : get_device_fd(group, vdev)
  trace_leave('vfio_group_get_device_fd')
  return fd
}

function get_device_fd(group: VfioGroup, vdev: VfioDevice): number {
  const owner = owner_of(vdev)
  let fd = -ENODEV
  if (try_module_get(owner)) {
    fd = open_file(group, vdev)
    if (fd < 0) module_put(owner)
  }
  if (fd < 0) vfio_device_put(vdev)
  return fd
}

/** Closes a device file. Returns 0 or -EBADF. */
export function vfio_device_fops_release(fd: number): number {
  const vdev = vfio_file_object<'vfio_device'>(fd, VFIO_FILE_DEVICE)
  if (vdev === 0) return -EBADF
  trace_enter('vfio_device_fops_release')
  vfio_device_close(vdev)
  module_put(owner_of(vdev))
  vfio_file_close(fd)
  vfio_group_try_dissolve_container(as(read(vdev + GROUP)))
  trace_point('vfio_device_fops_release:put')
  vfio_device_put(vdev)
  trace_leave('vfio_device_fops_release')
  return 0
}

/** VFIO_DEVICE_GET_IRQ_INFO: how many interrupts an index has. -EBADF, or -EINVAL for an index that there is not. */
export function vfio_device_irq_count(fd: number, index: number): number {
  if (vfio_file_object(fd, VFIO_FILE_DEVICE) === 0) return -EBADF
  return index === VFIO_PCI_REQ_IRQ_INDEX || index === 0 || index === 1 ? 1 : -EINVAL
}

/** VFIO_DEVICE_SET_IRQS for the index REQ: the eventfd to be signalled, NULL for none. Returns 0, -EBADF or -EINVAL. */
export function vfio_device_set_req_irq(fd: number, index: number, trigger: Addr<'eventfd'>): number {
  const vdev = vfio_file_object<'vfio_device'>(fd, VFIO_FILE_DEVICE)
  if (vdev === 0) return -EBADF
  if (index !== VFIO_PCI_REQ_IRQ_INDEX) return -EINVAL
  WRITE_ONCE(vdev + TRIGGER, trigger)
  return 0
}
