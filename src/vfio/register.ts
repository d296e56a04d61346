/**
 * A driver offers a device to user space, and takes it back: vfio_register_group_dev, vfio_unregister_group_dev (before 5.13, 5e42c999445b:
 * vfio_add_group_dev, vfio_del_group_dev).
 *
 * Invariant   a registered device holds one reference to its group and is on its device_list. When unregistration returns nobody
 *             uses the device, and if it was the last of its group, the group's container is unset.
 * Order       device_lock of the device (the driver core's) is held; then group_lock or the leaves, never together.
 * Context     may sleep. Unregistration sleeps for as long as the user holds the device: interruptibly until the first signal, and
 *             from then on not.
 * Errors      -EINVAL no IOMMU group; -EBUSY registered already; -ENOMEM.
 * Source      drivers/vfio/vfio.c, 5.15
 */
import { fetch_add, read, READ_ONCE, smp_processor_id, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../base/addr.ts'
import { EBUSY, EINTR } from '../base/errno.ts'
import { symbol } from '../base/symbols.ts'
import { dev_name, dev_printk } from '../kernel/device/device.ts'
import type { Device } from '../kernel/device/device_struct.ts'
import { WARN } from '../kernel/oops.ts'
import { KERN_WARNING } from '../kernel/printk.ts'
import { static_name } from '../kernel/static_name.ts'
import { list_add, list_del, list_empty } from '../mem/list.ts'
import { current_id, set_where } from '../mem/task.ts'
import {
  mutex_lock,
  mutex_unlock,
  refcount_set,
  try_wait_for_completion,
  wait_event,
  wait_for_completion_interruptible_timeout,
  wait_for_completion_timeout,
} from '../sync/index.ts'
import { vfio_device_put, vfio_group_get_device } from './device.ts'
import { vfio_root, vfio_zalloc } from './globals.ts'
import { vfio_group_find_or_alloc, vfio_group_id, vfio_group_put } from './group.ts'
import { iommu_group_alloc, iommu_group_put, iommu_group_set_name } from './iommu_group.ts'
import { iommu_group_add_device, iommu_group_remove_device } from './iommu_member.ts'
import {
  vfio_device,
  vfio_device_ops,
  vfio_globals,
  vfio_group,
  vfio_unbound_dev,
  type VfioDevice,
  type VfioDeviceOps,
  type VfioGroup,
} from './types.ts'
import { vfio_zap_mapping } from './mmap.ts'
import { vfio_dev_add, vfio_dev_del } from './vfio_dev.ts'

const G = vfio_globals.offset
const { dev: DEV, group: GROUP, ops: OPS, requests: REQUESTS, emulated: EMULATED } = vfio_device.offset
const CONTAINER = vfio_group.offset.container
const LOCK = vfio_group.at.device_lock
const LINK = vfio_device.at.group_next
const COMP = vfio_device.at.comp
const IN_USE = static_name('Device is currently in use, task "cpu/%d" (%d) blocked until device is released')
const IN_UNREGISTER = symbol('vfio_unregister_group_dev')

/** Registers a device that vfio_init_group_dev has prepared. Returns 0 or a negative errno. */
export function vfio_register_group_dev(device: VfioDevice): number {
  const group = vfio_group_find_or_alloc(as(read(device + DEV)))
  if (group < 0) return group
  return __vfio_register_dev(device, as(group))
}

/** A group for a device without an IOMMU of its own, with the device in it. Returns 0 or a negative errno. */
function emulated_group(dev: Device): number {
  const group = iommu_group_alloc()
  if (group < 0) return group
  const error = iommu_group_set_name(as(group)) || iommu_group_add_device(as(group), dev)
  iommu_group_put(as(group))
  return error
}

/** vfio_register_group_dev for a device without an IOMMU of its own: it gets a group, and loses it at unregistration. */
export function vfio_register_emulated_iommu_dev(device: VfioDevice): number {
  const dev = as<'device'>(read(device + DEV))
  let error = emulated_group(dev)
  if (error !== 0) return error
  write(device + EMULATED, 1)
  error = vfio_register_group_dev(device)
  if (error !== 0) iommu_group_remove_device(dev)
  return error
}

/** The group's reference becomes the device's. */
function __vfio_register_dev(device: VfioDevice, group: VfioGroup): number {
  const dev = as<'device'>(read(device + DEV))
  const existing = vfio_group_get_device(group, dev)
  if (existing !== 0) {
    WARN(`%N: Device already exists on group ${vfio_group_id(group)}`, dev_name(dev))
    vfio_device_put(existing)
    vfio_group_put(group)
    return -EBUSY
  }
  const error = vfio_dev_add(device)
  if (error !== 0) {
    vfio_group_put(group)
    return error
  }
  write(device + GROUP, group)
  refcount_set(vfio_device.at.refcount(device), 1)
  mutex_lock(LOCK(group))
  list_add(LINK(device), vfio_group.at.device_list(group))
  mutex_unlock(LOCK(group))
  return 0
}

/** From now on the device spoils its group for nobody, until its driver core says that it is unbound. */
function add_unbound(group: VfioGroup, device: VfioDevice): void {
  const unbound = vfio_zalloc(G.unbound_cache, vfio_unbound_dev)
  if (unbound === 0) return WARN('vfio_unregister_group_dev: no memory for an unbound device')
  write(unbound + vfio_unbound_dev.offset.dev, read(device + DEV))
  mutex_lock(vfio_group.at.unbound_lock(group))
  list_add(vfio_unbound_dev.at.unbound_next(unbound), vfio_group.at.unbound_list(group))
  mutex_unlock(vfio_group.at.unbound_lock(group))
}

/** Asks and waits until the last reference is gone. The device stays on the list meanwhile: new opens fail on its refcount. */
function wait_until_released(device: VfioDevice): void {
  const ops: VfioDeviceOps = vfio_device_ops.get(read(device + OPS))
  const dev = as<'device'>(read(device + DEV))
  let interrupted = false
  for (let i = 0; !try_wait_for_completion(COMP(device)); i++) {
    ops.request?.(device, i)
    if (read(vfio_root() + G.revoke) === 1) vfio_zap_mapping(device)
    fetch_add(device + REQUESTS, 1)
    trace_point('vfio_unregister_group_dev:wait')
    const period = READ_ONCE(vfio_root() + G.request_period_us) * 1000
    if (interrupted) {
      if (wait_for_completion_timeout(COMP(device), period) > 0) return
      continue
    }
    const left = wait_for_completion_interruptible_timeout(COMP(device), period)
    if (left > 0) return
    if (left !== -EINTR) continue
    interrupted = true
    dev_printk(KERN_WARNING, dev, IN_USE, smp_processor_id(), current_id())
  }
}

/** Takes a registered device back. */
export function vfio_unregister_group_dev(device: VfioDevice): void {
  trace_enter('vfio_unregister_group_dev')
  set_where(IN_UNREGISTER)
  const group = as<'vfio_group'>(read(device + GROUP))
  add_unbound(group, device)
  vfio_device_put(device)
  wait_until_released(device)
  mutex_lock(LOCK(group))
  list_del(LINK(device))
  const last = list_empty(vfio_group.at.device_list(group))
  mutex_unlock(LOCK(group))
  trace_point('vfio_unregister_group_dev:released')
  vfio_dev_del(device)
  // With the last device the group must be out of its container, or its user could still map DMA.
  if (last) wait_event(vfio_group.at.container_q(group), () => READ_ONCE(group + CONTAINER) === 0)
  if (read(device + EMULATED) === 1) iommu_group_remove_device(as(read(device + DEV)))
  vfio_group_put(group)
  trace_leave('vfio_unregister_group_dev')
}
