/**
 * Groups of devices that the IOMMU can tell from others, but not from each other: the unit in which user space gets them.
 *
 *   /sys/kernel/iommu_groups/<id>/{devices/<device>,reserved_regions,type,name}      <device>/iommu_group → its group
 *
 * Invariant   a device in a group holds a reference to it; the last reference, to the `devices` directory, takes the group
 *             and its number along. dev->iommu_group is constant while the device is bound to a driver.
 * Order       group->mutex → what a walk's function takes. The chain's rwsem → what its callbacks take; group->mutex is not
 *             held around a call.
 * Context     may sleep.
 * Source      drivers/iommu/iommu.c, 5.15
 */
import { read, write } from '#access'
import { trace_point } from '#trace'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EINVAL, ENOMEM } from '../base/errno.ts'
import { define_attribute, define_groups } from '../kernel/device/attribute.ts'
import type { Device } from '../kernel/device/device_struct.ts'
import {
  kobject_add,
  kobject_create_and_add,
  kobject_get,
  kobject_init,
  kobject_name,
  kobject_put,
} from '../kernel/device/kobject.ts'
import { kernel_kobj } from '../kernel/device/kobject_globals.ts'
import { kobj_types, kobject } from '../kernel/device/kobject_struct.ts'
import { kset_create_and_add } from '../kernel/device/kset.ts'
import { device } from '../kernel/device/device_struct.ts'
import { qstr_set_number } from '../kernel/qstr.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { sysfs_create_file } from '../kernel/sysfs.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { ida_alloc, ida_free } from '../mem/bitmap.ts'
import { INIT_LIST_HEAD } from '../mem/list.ts'
import { kmem_cache_create, kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import {
  BLOCKING_INIT_NOTIFIER_HEAD,
  blocking_notifier_call_chain,
  blocking_notifier_chain_register,
  blocking_notifier_chain_unregister,
  mutex_init,
  mutex_lock,
  mutex_unlock,
} from '../sync/index.ts'
import {
  group_device,
  iommu_globals,
  iommu_group,
  IOMMU_GROUPS_MAX,
  type IommuGroup,
} from './iommu_struct.ts'

const ROOT = rootAddr('iommu')
const { iommu_group_kset: KSET, group_cache: GROUPS, device_cache: DEVICES } = iommu_globals.offset
const IDA = iommu_globals.offset.iommu_group_ida
const { id: ID, devices_kobj: DEVICES_KOBJ } = iommu_group.offset
const IOMMU_GROUP = device.offset.iommu_group
const KOBJ = iommu_group.at.kobj
const MUTEX = iommu_group.at.mutex
const CHAIN = iommu_group.at.notifier
const LIST = iommu_group.at.devices
const IOMMU_GROUPS = static_name('iommu_groups')
const DEVICES_DIR = static_name('devices')

const reserved_regions = define_attribute('iommu_group.reserved_regions', {
  name: 'reserved_regions',
  mode: 0o444,
  show: () => '',
})
const type = define_attribute('iommu_group.type', { name: 'type', mode: 0o644, show: () => 'unknown\n' })
const name = define_attribute('iommu_group.name', { name: 'name', mode: 0o444, show: () => 'vfio-noiommu\n' })

const iommu_group_ktype = kobj_types.define('iommu_group', {
  groups: define_groups('iommu_group', [{ attrs: [reserved_regions, type] }]),
  release(kobj) {
    const group = iommu_group.of.kobj(kobj)
    const g = read(ROOT)
    ida_free(g + IDA, read(group + ID))
    kmem_cache_free(as(read(g + GROUPS)), iommu_group, group)
  },
})

/** Prepares the groups. Boot CPU only. Returns 0 or a negative errno. */
export function iommu_init(): number {
  const g = alloc_boot(iommu_globals.words)
  if (g === 0) return -ENOMEM
  write(g + GROUPS, kmem_cache_create(iommu_group))
  write(g + DEVICES, kmem_cache_create(group_device))
  if (read(g + DEVICES) === 0) return -ENOMEM
  const kset = kset_create_and_add(qstr_of(IOMMU_GROUPS), 0, kernel_kobj())
  if (kset < 0) return kset
  write(g + KSET, kset)
  write(ROOT, g)
  return 0
}

/** Makes an empty group. Returns it with one reference, or a negative errno. */
export function iommu_group_alloc(): number {
  const g = read(ROOT)
  const group = kmem_cache_zalloc(as<'kmem_cache'>(read(g + GROUPS)), iommu_group)
  if (group === 0) return -ENOMEM
  const id = ida_alloc(g + IDA, IOMMU_GROUPS_MAX)
  if (id < 0) {
    kmem_cache_free(as(read(g + GROUPS)), iommu_group, group)
    return id
  }
  write(group + ID, id)
  mutex_init(MUTEX(group), '&group->mutex')
  INIT_LIST_HEAD(LIST(group))
  BLOCKING_INIT_NOTIFIER_HEAD(CHAIN(group), '&group->notifier')
  kobject_init(KOBJ(group), iommu_group_ktype)
  qstr_set_number(kobject_name(KOBJ(group)), 0, id)
  write(KOBJ(group) + kobject.offset.kset, read(g + KSET))
  const error = Math.min(kobject_add(KOBJ(group), NULL) || add_devices_dir(group), 0)
  // From here on the `devices` directory holds the group, and is what references are counted on.
  kobject_put(KOBJ(group))
  return error === 0 ? group : error
}

function add_devices_dir(group: IommuGroup): number {
  const devices = kobject_create_and_add(qstr_of(DEVICES_DIR), KOBJ(group))
  if (devices > 0) write(group + DEVICES_KOBJ, devices)
  return devices
}

/** Gives the group the name of those that have no IOMMU behind them. Returns 0 or a negative errno. */
export function iommu_group_set_name(group: IommuGroup): number {
  return sysfs_create_file(KOBJ(group), name)
}

/** Number of a group. */
export function iommu_group_id(group: IommuGroup): number {
  return read(group + ID)
}

/** Group of a device, referenced; NULL if it is in none. */
export function iommu_group_get(dev: Device): IommuGroup {
  const group = as<'iommu_group'>(read(dev + IOMMU_GROUP))
  return group === 0 ? NULL : iommu_group_ref_get(group)
}

/** Adds a reference. The caller has one. */
export function iommu_group_ref_get(group: IommuGroup): IommuGroup {
  kobject_get(as(read(group + DEVICES_KOBJ)))
  return group
}

/** Drops a reference; the last one takes the group out of sysfs and frees it. */
export function iommu_group_put(group: IommuGroup): void {
  kobject_put(as(read(group + DEVICES_KOBJ)))
}

/** Adds a block to the group's chain. Returns 0 or -EEXIST. */
export function iommu_group_register_notifier(group: IommuGroup, nb: Addr<'notifier_block'>): number {
  return blocking_notifier_chain_register(CHAIN(group), nb)
}

/** Takes it off and waits until its callback does not run. Returns 0 or -ENOENT. */
export function iommu_group_unregister_notifier(group: IommuGroup, nb: Addr<'notifier_block'>): number {
  return blocking_notifier_chain_unregister(CHAIN(group), nb)
}

/** Tells the group's chain of an event, one of IOMMU_GROUP_NOTIFY_*. */
export function iommu_group_notify(group: IommuGroup, event: number, dev: Device): void {
  trace_point('iommu_group_notify')
  blocking_notifier_call_chain(CHAIN(group), event, dev)
}

/**
 * Calls `fn` for each device of the group, with group->mutex held. Stops at the first non-zero result and returns it.
 * @param data handed through
 */
export function iommu_group_for_each_dev(
  group: IommuGroup,
  data: number,
  fn: (dev: Device, data: number) => number,
): number {
  const head = LIST(group)
  let ret = 0
  mutex_lock(MUTEX(group))
  for (let at = read(head); at !== head && ret === 0; at = read(at)) {
    ret = fn(as(read(group_device.of.list(at) + group_device.offset.dev)), data)
  }
  mutex_unlock(MUTEX(group))
  return ret
}

/** Returns -EINVAL for a device that is in no group: what callers answer who need one. */
export function iommu_group_id_of(dev: Device): number {
  const group = read(dev + IOMMU_GROUP)
  return group === 0 ? -EINVAL : read(group + ID)
}
