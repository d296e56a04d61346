/**
 * device_del: makes a device unknown again, in the kernel's order, which is not quite the mirror of device_add.
 *
 * Order of events   mark dead, DEL_DEVICE, leave the parent's child list, device number, class, attribute groups, bus
 *                   (links, list, unbind: may block), REMOVED_DEVICE, uevent remove, directory.
 * Consequence       while an unbind blocks, the device is off the bus directory and off the child list, its own
 *                   attributes are gone, and its directory is still there.
 * Context           sleeps; waits for operations on the device's attributes.
 * Source            drivers/base/core.c
 */
import { read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { bus_remove_device } from './bus_device.ts'
import { bus_notify, BUS_NOTIFY_DEL_DEVICE, BUS_NOTIFY_REMOVED_DEVICE } from './bus_notify.ts'
import {
  cleanup_glue_dir,
  detach_class_list,
  device_remove_class_symlinks,
  get_glue_dir,
} from './class_device.ts'
import { device_lock, device_remove_file, device_unlock, put_device } from './device.ts'
import { device, type Device } from './device_struct.ts'
import { dev_attr_dev, dev_attr_uevent } from './device_uevent.ts'
import { klist_del } from './klist.ts'
import { kobject_del } from './kobject.ts'
import { sysfs_remove_groups } from '../sysfs_group.ts'
import { kobject_uevent } from '../uevent.ts'
import { KOBJ_REMOVE } from '../uevent_record.ts'

const D = device.offset
const KOBJ = device.at.kobj
const CHILD = device.at.knode_parent

/** Marks the device dead: no driver binds to it any more. */
function kill_device(dev: Device): void {
  device_lock(dev)
  write(dev + D.dead, 1)
  device_unlock(dev)
}

/** Removes an added device. References stay; the last put releases it. */
export function device_del(dev: Device): void {
  trace_enter('device_del')
  const parent = as<'device'>(read(dev + D.parent))
  kill_device(dev)
  bus_notify(dev, BUS_NOTIFY_DEL_DEVICE)
  trace_point('device_del:child_list')
  if (parent !== 0) klist_del(CHILD(dev))
  if (read(dev + D.major) !== 0) device_remove_file(dev, dev_attr_dev)
  trace_point('device_del:class_symlinks')
  device_remove_class_symlinks(dev)
  detach_class_list(dev)
  device_remove_file(dev, dev_attr_uevent)
  trace_point('device_del:groups')
  sysfs_remove_groups(KOBJ(dev), read(dev + D.groups))
  trace_point('device_del:bus')
  bus_remove_device(dev)
  bus_notify(dev, BUS_NOTIFY_REMOVED_DEVICE)
  kobject_uevent(KOBJ(dev), KOBJ_REMOVE)
  trace_point('device_del:directory')
  const glue = get_glue_dir(dev)
  kobject_del(KOBJ(dev))
  cleanup_glue_dir(dev, glue)
  put_device(parent)
  trace_leave('device_del')
}

/** device_del and the put of the maker's reference. */
export function device_unregister(dev: Device): void {
  device_del(dev)
  put_device(dev)
}
