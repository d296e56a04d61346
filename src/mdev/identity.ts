/**
 * Telling mdevs from other children of a parent.
 */
import { read } from '#access'
import type { Addr } from '../base/addr.ts'
import { device_for_each_child } from '../kernel/device/device_children.ts'
import { device } from '../kernel/device/device_struct.ts'
import { rootAddr } from '../mem/arena.ts'
import { uuid_equal } from './namespaces/list.ts'
import { mdev_device, mdev_globals, mdev_parent } from './types.ts'

const ROOT = rootAddr('mdev')
const BUS = mdev_globals.offset.bus
const UUID = mdev_device.offset.uuid

/** True if the device is an mdev. */
export function dev_is_mdev(dev: Addr<'device'>): boolean {
  return read(dev + device.offset.bus) === read(read(ROOT) + BUS)
}

/** The mdev around a device. */
export function to_mdev_device(dev: Addr<'device'>): Addr<'mdev_device'> {
  return mdev_device.of.dev(dev)
}

/** True if one of the parent's children is an mdev of this uuid. Before 002fe996f67f (4.18) nobody else was asked. */
export function mdev_device_exist(parent: Addr<'mdev_parent'>, uuid: number): boolean {
  const dev = read(parent + mdev_parent.offset.dev) as Addr<'device'>
  return (
    device_for_each_child(dev, (child) => {
      return dev_is_mdev(child) && uuid_equal(to_mdev_device(child) + UUID, uuid) ? 1 : 0
    }) === 1
  )
}
