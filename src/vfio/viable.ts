/**
 * Is a group safe to be given to user space? Only if none of its devices is driven by a host driver.
 *
 * Order     iommu group->mutex → group->unbound_lock, then group->device_lock
 * Context   may sleep.
 * Source    vfio_dev_viable, drivers/vfio/vfio.c, 5.15
 */
import { read, READ_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { EINVAL } from '../base/errno.ts'
import { device, device_driver, type Device } from '../kernel/device/device_struct.ts'
import { kobject_name } from '../kernel/device/kobject.ts'
import { name_eq } from '../kernel/qstr.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { list_next } from '../mem/list.ts'
import { mutex_lock, mutex_unlock } from '../sync/index.ts'
import { vfio_device_put, vfio_group_get_device } from './device.ts'
import { iommu_group_for_each_dev } from './iommu_group.ts'
import { vfio_group, vfio_unbound_dev, type VfioGroup } from './types.ts'

/** Drivers that touch nothing. */
const ALLOWED = static_name('pci-stub')
const DRIVER = device.offset.driver
const DEV = vfio_unbound_dev.offset.dev

function is_unbound(group: VfioGroup, dev: Device): boolean {
  const head = vfio_group.at.unbound_list(group)
  const lock = vfio_group.at.unbound_lock(group)
  let found = false
  mutex_lock(lock)
  for (let at = list_next(head); at !== head && !found; at = list_next(at)) {
    found = read(vfio_unbound_dev.of.unbound_next(at) + DEV) === dev
  }
  mutex_unlock(lock)
  return found
}

/** 0 if this device does not spoil the group, else -EINVAL. */
export function vfio_dev_viable(dev: Device, group: number): number {
  const driver = as<'device_driver'>(READ_ONCE(dev + DRIVER))
  if (is_unbound(as(group), dev) || driver === 0) return 0
  if (name_eq(kobject_name(device_driver.at.kobj(driver)), qstr_of(ALLOWED))) return 0
  const known = vfio_group_get_device(as(group), dev)
  if (known === 0) return -EINVAL
  vfio_device_put(known)
  return 0
}

/** True if no device of the group is driven by a host driver. */
export function vfio_group_viable(group: VfioGroup): boolean {
  const iommu_group = as<'iommu_group'>(read(group + vfio_group.offset.iommu_group))
  return iommu_group_for_each_dev(iommu_group, group, vfio_dev_viable) === 0
}
