/**
 * The links between a device and its type, and the device's `remove` file where the device itself does not bring it.
 *
 *   <type>/devices/<uuid> → the device      <device>/mdev_type → the type
 *
 * Context   process; inside the gate. Removal waits for a `remove` that is being written, unless it has removed itself.
 * Source    mdev_create_sysfs_files, mdev_remove_sysfs_files
 */
import { read } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { dev_name, device_create_file, device_remove_file } from '../kernel/device/device.ts'
import { device } from '../kernel/device/device_struct.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { sysfs_create_link, sysfs_remove_link } from '../kernel/sysfs.ts'
import { rootAddr } from '../mem/arena.ts'
import { mdev_device, mdev_globals, mdev_type } from './types.ts'

const ROOT = rootAddr('mdev')
const GROUPS = mdev_globals.offset.device_groups
const REMOVE_ATTR = mdev_globals.offset.remove_attr
const TYPE = mdev_device.offset.type
const DEVICES = mdev_type.offset.devices_kobj
const MDEV_TYPE = static_name('mdev_type')
const dev_of = mdev_device.at.dev
const kobj_of = device.at.kobj

/** Makes them, or none. Returns 0 or a negative errno. */
export function mdev_create_sysfs_files(mdev: Addr<'mdev_device'>): number {
  trace_enter('mdev_create_sysfs_files')
  const ret = create_files(mdev)
  trace_leave('mdev_create_sysfs_files')
  return ret
}

function create_files(mdev: Addr<'mdev_device'>): number {
  const dev = dev_of(mdev)
  const type = as<'mdev_type'>(read(mdev + TYPE))
  const devices = as<'kobject'>(read(type + DEVICES))
  let ret = sysfs_create_link(devices, kobj_of(dev), dev_name(dev))
  if (ret !== 0) return ret
  ret = sysfs_create_link(kobj_of(dev), mdev_type.at.kobj(type), qstr_of(MDEV_TYPE))
  if (ret === 0) {
    ret = bringsRemove() ? 0 : device_create_file(dev, read(read(ROOT) + REMOVE_ATTR))
    if (ret !== 0) sysfs_remove_link(kobj_of(dev), qstr_of(MDEV_TYPE))
  }
  if (ret !== 0) sysfs_remove_link(devices, dev_name(dev))
  return ret
}

/** Removes them, last first. */
export function mdev_remove_sysfs_files(mdev: Addr<'mdev_device'>): void {
  trace_enter('mdev_remove_sysfs_files')
  const dev = dev_of(mdev)
  const type = as<'mdev_type'>(read(mdev + TYPE))
  if (!bringsRemove()) device_remove_file(dev, read(read(ROOT) + REMOVE_ATTR))
  sysfs_remove_link(kobj_of(dev), qstr_of(MDEV_TYPE))
  sysfs_remove_link(as(read(type + DEVICES)), dev_name(dev))
  trace_leave('mdev_remove_sysfs_files')
}

function bringsRemove(): boolean {
  return read(read(ROOT) + GROUPS) !== 0
}
