/**
 * Layouts of the IOMMU's groups.
 *
 * Source   drivers/iommu/iommu.c, 5.15
 */
import type { Addr } from '../base/addr.ts'
import { kobject } from '../kernel/device/kobject_struct.ts'
import { qstr } from '../kernel/qstr.ts'
import { embed, guarded_by, ptr, struct, word, words } from '../mem/layout.ts'
import { list_head } from '../mem/list.ts'
import { blocking_notifier_head, mutex } from '../sync/index.ts'

/** Groups that can exist at once. */
export const IOMMU_GROUPS_MAX = 4096

export const iommu_group = struct('iommu_group', {
  /** /sys/kernel/iommu_groups/<id> */
  kobj: embed(kobject),
  /** Its `devices` directory. References to the group are references to this. */
  devices_kobj: ptr('kobject'),
  id: word,
  devices: guarded_by('group->mutex', embed(list_head)),
  mutex: embed(mutex),
  /** Who hears of devices that come, go, are bound and unbound. */
  notifier: embed(blocking_notifier_head),
})
export type IommuGroup = Addr<'iommu_group'>

/** One device in a group. */
export const group_device = struct('group_device', {
  list: guarded_by('group->mutex', embed(list_head)),
  dev: ptr('device'),
  /** Name of its link in the group's `devices` directory. */
  name: embed(qstr),
})

export const iommu_globals = struct('iommu_globals', {
  /** /sys/kernel/iommu_groups */
  iommu_group_kset: ptr('kset'),
  group_cache: ptr('kmem_cache'),
  device_cache: ptr('kmem_cache'),
  /** Numbers in use. Atomic. */
  iommu_group_ida: words(IOMMU_GROUPS_MAX / 32),
})

/** Events of a group's chain; their object is the device. */
export const IOMMU_GROUP_NOTIFY_ADD_DEVICE = 1
export const IOMMU_GROUP_NOTIFY_DEL_DEVICE = 2
export const IOMMU_GROUP_NOTIFY_BIND_DRIVER = 3
export const IOMMU_GROUP_NOTIFY_BOUND_DRIVER = 4
export const IOMMU_GROUP_NOTIFY_UNBIND_DRIVER = 5
export const IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER = 6
