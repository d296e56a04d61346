/**
 * The steps that sequences are put together from.
 *
 * Context   process, may sleep; inside the gate, and under whatever the namespace kept.
 */
import { read } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { device_lock, device_unlock } from '../../kernel/device/device.ts'
import { device, device_driver, driver_ops } from '../../kernel/device/device_struct.ts'
import { device_driver_attach } from '../../kernel/device/dd.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { device_del } from '../../kernel/device/device_del.ts'
import { parent_data, parent_ops } from '../driver.ts'
import { mdev_create_sysfs_files, mdev_remove_sysfs_files } from '../sysfs.ts'
import { mdev_device, mdev_parent, mdev_type } from '../types.ts'
import type { CreateStep, RemoveStep } from './sequence.ts'

const PARENT = mdev_device.offset.parent
const TYPE = mdev_device.offset.type
const INDEX = mdev_type.offset.index
const DRIVER = mdev_parent.offset.driver
const BOUND = device.offset.driver
const dev_of = mdev_device.at.dev

/** The vendor makes its side. */
export function mdev_device_create_ops(mdev: Addr<'mdev_device'>): number {
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  const type = read(read(mdev + TYPE) + INDEX)
  trace_enter('mdev_device_create_ops')
  const ret = parent_ops(parent).create(mdev, parent_data(parent), type)
  trace_leave('mdev_device_create_ops')
  return ret
}

/**
 * The vendor removes it, or refuses with a negative errno and keeps what it has. This is where the oops of problem 5 strikes.
 */
export function mdev_device_remove_ops(mdev: Addr<'mdev_device'>): number {
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  const type = read(read(mdev + TYPE) + INDEX)
  trace_enter('mdev_device_remove_ops')
  const ret = parent_ops(parent).remove(mdev, parent_data(parent), type)
  trace_leave('mdev_device_remove_ops')
  return ret
}

export const step_device_add: CreateStep = {
  name: 'device_add',
  run: (mdev) => device_add(dev_of(mdev)),
  undo(mdev) {
    device_del(dev_of(mdev))
  },
}

export const step_vendor_create: CreateStep = {
  name: 'mdev_device_create_ops',
  run: mdev_device_create_ops,
  undo(mdev) {
    mdev_device_remove_ops(mdev)
  },
}

export const step_sysfs_files: CreateStep = {
  name: 'mdev_create_sysfs_files',
  run: mdev_create_sysfs_files,
  undo: mdev_remove_sysfs_files,
}

/** Binds the parent's own driver; its probe is the vendor's create. device_del, which undoes device_add, unbinds it. */
export const step_driver_attach: CreateStep = {
  name: 'device_driver_attach',
  run: (mdev) => device_driver_attach(as(read(read(mdev + PARENT) + DRIVER)), dev_of(mdev)),
  undo() {},
}

/** The driver that has probed the device makes the user's file. */
function mdev_device_publish(mdev: Addr<'mdev_device'>): number {
  const dev = dev_of(mdev)
  device_lock(dev)
  const drv = read(dev + BOUND)
  const ret = drv === 0 ? 0 : (driver_ops.get(read(drv + device_driver.offset.ops)).publish?.(dev) ?? 0)
  device_unlock(dev)
  return ret
}

/** device_del, which undoes device_add, takes the file away with the driver. */
export const step_publish: CreateStep = {
  name: 'mdev_device_publish',
  run: mdev_device_publish,
  undo() {},
}

/** The device is off the bus: an error of the vendor is of no consequence any more. */
export const remove_by_vendor: RemoveStep = {
  name: 'mdev_device_remove_ops',
  run(mdev) {
    mdev_device_remove_ops(mdev)
  },
}

export const remove_sysfs_files: RemoveStep = {
  name: 'mdev_remove_sysfs_files',
  run: mdev_remove_sysfs_files,
}

export const remove_from_bus: RemoveStep = {
  name: 'device_del',
  run(mdev) {
    device_del(dev_of(mdev))
  },
}
