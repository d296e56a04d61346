/**
 * mdevs on their way to user space, as drivers of the mdev bus.
 *
 *   vfio_mdev          until 6c7f98b334a3 (5.19): one driver for all mdevs; the bus binds it in device_add. The mdev gets an IOMMU group
 *                      around the driver's probe and remove, in mdev's own hands (until c68ea0d00ad8, 5.16). With the sequence
 *                      file_last its probe makes the group only, and create has the rest done.
 *   the vendor's own   since 5.14 (88a21f265ce5): its probe makes the device and registers it with vfio as the last thing; vfio makes
 *                      the group, as since c68ea0d00ad8.
 *
 * Invariant   the driver's word of a bound mdev is its vfio_device.
 * Order       device_lock of the mdev → vfio.group_lock and all below it. Remove blocks while the device is in use, with device_lock
 *             held.
 * Errors      what registration answers; for vfio_mdev nobody hears of them (a failed probe does not fail device_add).
 * Source      drivers/vfio/mdev/{vfio_mdev,mdev_driver}.c of 5.1 and 5.15; samples/vfio-mdev/mtty.c, 6.1
 */
import { as } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { dev_get_drvdata, dev_printk, dev_set_drvdata } from '../kernel/device/device.ts'
import { driver_ops, type Device } from '../kernel/device/device_struct.ts'
import { KERN_INFO } from '../kernel/printk.ts'
import { static_name } from '../kernel/static_name.ts'
import { strategy } from '../mdev/core.ts'
import { mdev_device_create_ops, mdev_device_remove_ops } from '../mdev/sequences/steps.ts'
import { to_mdev_device } from '../mdev/identity.ts'
import { vfio_init_group_dev } from './device.ts'
import { vfio_free, vfio_zalloc } from './globals.ts'
import { iommu_group_alloc, iommu_group_id_of, iommu_group_put } from './iommu_group.ts'
import { iommu_group_add_device, iommu_group_remove_device } from './iommu_member.ts'
import { VFIO_MDEV_DEV_OPS } from './mdev_ops.ts'
import {
  vfio_register_emulated_iommu_dev,
  vfio_register_group_dev,
  vfio_unregister_group_dev,
} from './register.ts'
import { vfio_device, vfio_globals, type VfioDevice } from './types.ts'

const CACHE = vfio_globals.offset.device_cache
const GROUP_ID = static_name('MDEV: group_id = %d')
const DETACHING = static_name('MDEV: detaching iommu')

/** Makes the vfio side of an mdev and registers it. Returns 0 or a negative errno. */
function add_device(dev: Device, register: (device: VfioDevice) => number): number {
  const vdev = vfio_zalloc(CACHE, vfio_device)
  if (vdev === 0) return -ENOMEM
  vfio_init_group_dev(vdev, dev, VFIO_MDEV_DEV_OPS, to_mdev_device(dev))
  dev_set_drvdata(dev, vdev)
  const error = register(vdev)
  if (error === 0) return 0
  dev_set_drvdata(dev, 0)
  vfio_free(CACHE, vfio_device, vdev)
  return error
}

/** Blocks while somebody uses the device. */
function del_device(dev: Device): void {
  const vdev = as<'vfio_device'>(dev_get_drvdata(dev))
  vfio_unregister_group_dev(vdev)
  vfio_free(CACHE, vfio_device, vdev)
}

function mdev_attach_iommu(dev: Device): number {
  const group = iommu_group_alloc()
  if (group < 0) return group
  const error = iommu_group_add_device(as(group), dev)
  if (error === 0) dev_printk(KERN_INFO, dev, GROUP_ID, iommu_group_id_of(dev))
  iommu_group_put(as(group))
  return error
}

function mdev_detach_iommu(dev: Device): void {
  iommu_group_remove_device(dev)
  dev_printk(KERN_INFO, dev, DETACHING)
}

/** Operations of the one driver of old; its name on the bus is vfio_mdev. */
export const VFIO_MDEV_DRIVER: number = driver_ops.define('vfio_mdev', {
  probe(dev) {
    let error = mdev_attach_iommu(dev)
    if (error !== 0 || strategy().sequence.fileWhenMade === true) return error
    error = add_device(dev, vfio_register_group_dev)
    if (error !== 0) mdev_detach_iommu(dev)
    return error
  },
  publish: (dev) => add_device(dev, vfio_register_group_dev),
  remove(dev) {
    if (dev_get_drvdata(dev) !== 0) del_device(dev)
    mdev_detach_iommu(dev)
  },
})

/** Operations of a vendor's own driver. */
export const VFIO_VENDOR_DRIVER: number = driver_ops.define('mdev vendor vfio', {
  probe(dev) {
    let error = mdev_device_create_ops(to_mdev_device(dev))
    if (error !== 0) return error
    error = add_device(dev, vfio_register_emulated_iommu_dev)
    if (error !== 0) mdev_device_remove_ops(to_mdev_device(dev))
    return error
  },
  remove(dev) {
    del_device(dev)
    mdev_device_remove_ops(to_mdev_device(dev))
  },
})
