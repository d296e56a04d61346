/**
 * A bus whose devices the IOMMU isolates: the group of a device is told of drivers that come and go, and a device that is removed
 * leaves its group. The mdev bus
 * is none of them: the groups of mdevs hear of ADD and DEL only.
 *
 * Order     device_lock → bus notifier_rwsem (read) → group's rwsem (read) → callbacks
 * Context   may sleep; device_lock is held.
 * Source    iommu_bus_notifier, drivers/iommu/iommu.c, 5.15
 */
import {
  bus_register_notifier,
  BUS_NOTIFY_BIND_DRIVER,
  BUS_NOTIFY_BOUND_DRIVER,
  BUS_NOTIFY_REMOVED_DEVICE,
  BUS_NOTIFY_UNBIND_DRIVER,
  BUS_NOTIFY_UNBOUND_DRIVER,
} from '../kernel/device/bus_notify.ts'
import { bus_notifiers, type Bus, type Device } from '../kernel/device/device_struct.ts'
import { iommu_group_get, iommu_group_notify, iommu_group_put } from './iommu_group.ts'
import { iommu_group_remove_device } from './iommu_member.ts'
import {
  IOMMU_GROUP_NOTIFY_BIND_DRIVER,
  IOMMU_GROUP_NOTIFY_BOUND_DRIVER,
  IOMMU_GROUP_NOTIFY_UNBIND_DRIVER,
  IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER,
} from './iommu_struct.ts'

function group_action(event: number): number {
  switch (event) {
    case BUS_NOTIFY_BIND_DRIVER:
      return IOMMU_GROUP_NOTIFY_BIND_DRIVER
    case BUS_NOTIFY_BOUND_DRIVER:
      return IOMMU_GROUP_NOTIFY_BOUND_DRIVER
    case BUS_NOTIFY_UNBIND_DRIVER:
      return IOMMU_GROUP_NOTIFY_UNBIND_DRIVER
    case BUS_NOTIFY_UNBOUND_DRIVER:
      return IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER
    default:
      return 0
  }
}

function iommu_bus_notifier(event: number, dev: Device): void {
  if (event === BUS_NOTIFY_REMOVED_DEVICE) return iommu_group_remove_device(dev)
  const action = group_action(event)
  if (action === 0) return
  const group = iommu_group_get(dev)
  if (group === 0) return
  iommu_group_notify(group, action, dev)
  iommu_group_put(group)
}

const NB = bus_notifiers.define('iommu_bus_notifier', iommu_bus_notifier)

/** Puts a bus under the IOMMU. Returns 0 or -ENOSPC. */
export function iommu_bus_init(bus: Bus): number {
  return bus_register_notifier(bus, NB)
}
