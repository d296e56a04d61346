/**
 * Devices join and leave a group of the IOMMU.
 *
 * Order       links first, then the list, then the event; leaving goes the other way round: event, list, links. So whoever
 *             hears of a device finds it complete.
 * Context     may sleep. The caller sees to it that one device is added or removed by one task at a time.
 * Errors      -ENOMEM, -EEXIST (the device has an iommu_group link already).
 * Source      iommu_group_add_device, iommu_group_remove_device, 5.15
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EEXIST, ENOMEM } from '../base/errno.ts'
import { dev_name, dev_printk } from '../kernel/device/device.ts'
import { device, type Device } from '../kernel/device/device_struct.ts'
import { KERN_INFO } from '../kernel/printk.ts'
import { qstr_copy } from '../kernel/qstr.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { sysfs_create_link, sysfs_create_link_nowarn, sysfs_remove_link } from '../kernel/sysfs.ts'
import { rootAddr } from '../mem/arena.ts'
import { list_add_tail, list_del, list_next } from '../mem/list.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import { mutex_lock, mutex_unlock } from '../sync/index.ts'
import { iommu_group_id, iommu_group_notify, iommu_group_put, iommu_group_ref_get } from './iommu_group.ts'
import {
  group_device,
  iommu_globals,
  iommu_group,
  IOMMU_GROUP_NOTIFY_ADD_DEVICE,
  IOMMU_GROUP_NOTIFY_DEL_DEVICE,
  type IommuGroup,
} from './iommu_struct.ts'

const ROOT = rootAddr('iommu')
const CACHE = iommu_globals.offset.device_cache
const DEV = group_device.offset.dev
const NAME = group_device.at.name
const IOMMU_GROUP = device.offset.iommu_group
const DEVICES_KOBJ = iommu_group.offset.devices_kobj
const KOBJ = device.at.kobj
const MUTEX = iommu_group.at.mutex
const LINK = static_name('iommu_group')
const ADDING = static_name('Adding to iommu group %d')
const REMOVING = static_name('Removing from iommu group %d')

function cache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + CACHE))
}

function devices_dir(group: IommuGroup): Addr<'kobject'> {
  return as(read(group + DEVICES_KOBJ))
}

/** Both links, or none. */
function add_links(group: IommuGroup, dev: Device, member: Addr<'group_device'>): number {
  let error = sysfs_create_link(KOBJ(dev), iommu_group.at.kobj(group), qstr_of(LINK))
  if (error !== 0) return error
  qstr_copy(NAME(member), dev_name(dev))
  error = sysfs_create_link_nowarn(devices_dir(group), KOBJ(dev), NAME(member))
  if (error !== 0) sysfs_remove_link(KOBJ(dev), qstr_of(LINK))
  return error
}

/** Puts a device into the group, which it then references. */
export function iommu_group_add_device(group: IommuGroup, dev: Device): number {
  const member = kmem_cache_zalloc(cache(), group_device)
  if (member === 0) return -ENOMEM
  write(member + DEV, dev)
  const error = read(dev + IOMMU_GROUP) === 0 ? add_links(group, dev, member) : -EEXIST
  if (error !== 0) {
    kmem_cache_free(cache(), group_device, member)
    return error
  }
  write(dev + IOMMU_GROUP, iommu_group_ref_get(group))
  mutex_lock(MUTEX(group))
  list_add_tail(group_device.at.list(member), iommu_group.at.devices(group))
  mutex_unlock(MUTEX(group))
  iommu_group_notify(group, IOMMU_GROUP_NOTIFY_ADD_DEVICE, dev)
  dev_printk(KERN_INFO, dev, ADDING, iommu_group_id(group))
  return 0
}

/** Takes a device's entry off the group's list; 0 if it is not there. */
function unlist(group: IommuGroup, dev: Device): Addr<'group_device'> {
  const head = iommu_group.at.devices(group)
  let found = as<'group_device'>(0)
  mutex_lock(MUTEX(group))
  for (let at = list_next(head); at !== head && found === 0; at = list_next(at)) {
    if (read(group_device.of.list(at) + DEV) === dev) found = group_device.of.list(at)
  }
  if (found !== 0) list_del(group_device.at.list(found))
  mutex_unlock(MUTEX(group))
  return found
}

/** Takes a device out of its group and drops its reference. A device in no group is ignored. */
export function iommu_group_remove_device(dev: Device): void {
  const group = as<'iommu_group'>(read(dev + IOMMU_GROUP))
  if (group === 0) return
  dev_printk(KERN_INFO, dev, REMOVING, iommu_group_id(group))
  // Whoever listens must have given the device up by now: its driver is unbound.
  iommu_group_notify(group, IOMMU_GROUP_NOTIFY_DEL_DEVICE, dev)
  const member = unlist(group, dev)
  if (member === 0) return
  sysfs_remove_link(devices_dir(group), NAME(member))
  sysfs_remove_link(KOBJ(dev), qstr_of(LINK))
  kmem_cache_free(cache(), group_device, member)
  write(dev + IOMMU_GROUP, 0)
  iommu_group_put(group)
}
