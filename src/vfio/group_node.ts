/**
 * The device of a vfio group: /sys/class/vfio/<n> and the node /dev/vfio/<n>.
 *
 * Order     vfio.group_lock → the driver core's locks (device_lock of the new device, gdp_mutex, kernfs) and devtmpfs.
 *           A whole device_add runs under the global mutex: the second-order serialisation that no mdev lock removes.
 * Context   may sleep.
 * Source    vfio_create_group, vfio_group_release
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { device_create_release } from '../kernel/device/class.ts'
import { device_add } from '../kernel/device/device_add.ts'
import { device_unregister } from '../kernel/device/device_del.ts'
import { dev_name, device_initialize, put_device } from '../kernel/device/device.ts'
import { deviceCache } from '../kernel/device/device_root.ts'
import { devtmpfs_submit } from '../kernel/device/devtmpfs.ts'
import { device } from '../kernel/device/device_struct.ts'
import { qstr_set_number } from '../kernel/qstr.ts'
import { static_name, string_of } from '../kernel/static_name.ts'
import { kmem_cache_zalloc } from '../mem/slab.ts'
import { vfio_root, vfio_set_node } from './globals.ts'
import { iommu_group_id } from './iommu_group.ts'
import { vfio_globals, vfio_group, type VfioGroup } from './types.ts'

/** First dynamic major number, as recorded. */
const MAJOR = 254
const D = device.offset
const DIR = static_name('vfio/')
const { dev: DEV, minor: MINOR, iommu_group: IOMMU_GROUP } = vfio_group.offset

/** Makes the device and its node. group_lock is held. Returns 0 or a negative errno. */
export function vfio_group_node_create(group: VfioGroup): number {
  const dev = kmem_cache_zalloc(deviceCache(), device)
  if (dev === 0) return -ENOMEM
  const id = iommu_group_id(as(read(group + IOMMU_GROUP)))
  device_initialize(dev)
  write(dev + D.class, read(vfio_root() + vfio_globals.offset.class))
  write(dev + D.release, device_create_release)
  write(dev + D.major, MAJOR)
  write(dev + D.minor, read(group + MINOR))
  write(dev + D.driver_data, group)
  qstr_set_number(device.at.devnode(dev), string_of(DIR), id)
  qstr_set_number(dev_name(dev), 0, id)
  const error = device_add(dev)
  if (error !== 0) {
    put_device(dev)
    return error
  }
  write(group + DEV, dev)
  devtmpfs_submit()
  vfio_set_node(id, read(group + MINOR))
  return 0
}

/** Removes both. group_lock is held. */
export function vfio_group_node_destroy(group: VfioGroup): void {
  vfio_set_node(iommu_group_id(as(read(group + IOMMU_GROUP))), -1)
  devtmpfs_submit()
  device_unregister(as(read(group + DEV)))
}
