/**
 * An mdev as a vfio device: open, close and requests go to its vendor.
 *
 * Errors    open: -EINVAL if the vendor has no open.
 * Source    drivers/vfio/mdev/vfio_mdev.c of 5.15; it went with 6c7f98b334a3. From 5.11 (a15ac665b9e9) to 5.14 it logged a line for
 *           a vendor without request (until 3fb1712d8596): that line is left out
 */
import { read } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EINVAL } from '../base/errno.ts'
import { dev_get_drvdata } from '../kernel/device/device.ts'
import { parent_data, parent_ops, type VendorOps } from '../mdev/driver.ts'
import { mdev_device } from '../mdev/types.ts'
import { vfio_relay_request } from './request.ts'
import { vfio_device, vfio_device_ops, type VfioDevice } from './types.ts'

const PRIV = vfio_device.offset.priv
const PARENT = mdev_device.offset.parent

function mdev_of(device: VfioDevice): Addr<'mdev_device'> {
  return as(read(device + PRIV))
}

function vendor_of(mdev: Addr<'mdev_device'>): VendorOps {
  return parent_ops(as(read(mdev + PARENT)))
}

function data_of(mdev: Addr<'mdev_device'>): number {
  return parent_data(as(read(mdev + PARENT)))
}

/** Id of the operations. */
export const VFIO_MDEV_DEV_OPS: number = vfio_device_ops.define('vfio-mdev', {
  name: 'vfio-mdev',
  open_device(device) {
    const mdev = mdev_of(device)
    return vendor_of(mdev).open?.(mdev, data_of(mdev)) ?? -EINVAL
  },
  close_device(device) {
    const mdev = mdev_of(device)
    vendor_of(mdev).release?.(mdev, data_of(mdev))
  },
  request(device, count) {
    const mdev = mdev_of(device)
    vendor_of(mdev).request?.(mdev, data_of(mdev), count)
  },
})

/** What a vendor's request does: signals the user's eventfd. */
export function mdev_relay_request(mdev: Addr<'mdev_device'>, _data: number, count: number): void {
  vfio_relay_request(as(dev_get_drvdata(mdev_device.at.dev(mdev))), count)
}
