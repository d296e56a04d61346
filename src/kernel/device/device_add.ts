/**
 * device_add: makes a device known, step by step, and undoes the steps in reverse when one fails.
 *
 * Order of events   directory, `uevent` file, class links, attribute groups, bus (groups, links, list), device number,
 *                   ADD_DEVICE, uevent add, probe, parent's child list, class list.
 * Two surprises     an error of the probe is not an error of device_add; and the child is invisible to
 *                   device_for_each_child until its probe is over.
 * Context           sleeps. A failed device_add must be followed by put_device.
 * Source            drivers/base/core.c
 */
import { read } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { EINVAL, ENOMEM } from '../../base/errno.ts'
import { should_fail } from '../../mem/index.ts'
import {
  attach_class_list,
  cleanup_glue_dir,
  device_add_class_symlinks,
  device_remove_class_symlinks,
  get_device_parent,
} from './class_device.ts'
import { bus_add_device, bus_remove_device } from './bus_device.ts'
import { bus_notify, BUS_NOTIFY_ADD_DEVICE } from './bus_notify.ts'
import { bus_probe_device } from './dd.ts'
import { device_create_file, device_remove_file, get_device, put_device } from './device.ts'
import { device, type Device } from './device_struct.ts'
import { dev_attr_dev, dev_attr_uevent } from './device_uevent.ts'
import { klist_add_tail } from './klist.ts'
import { kobject_add, kobject_del } from './kobject.ts'
import { kobject, type Kobject } from './kobject_struct.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../sysfs_group.ts'
import { kobject_uevent } from '../uevent.ts'
import { KOBJ_ADD, KOBJ_REMOVE } from '../uevent_record.ts'

const D = device.offset
const KOBJ = device.at.kobj

function add_dev_file(dev: Device): number {
  return read(dev + D.major) === 0 ? 0 : device_create_file(dev, dev_attr_dev)
}

/** Steps between the directory and the first uevent. Each failure undoes the earlier ones. */
function add_contents(dev: Device): number {
  trace_point('device_add:uevent_file')
  let error = device_create_file(dev, dev_attr_uevent)
  if (error !== 0) return error
  trace_point('device_add:class_symlinks')
  error = device_add_class_symlinks(dev)
  if (error === 0) {
    error = add_groups_and_bus(dev)
    if (error === 0) return 0
    device_remove_class_symlinks(dev)
  }
  device_remove_file(dev, dev_attr_uevent)
  return error
}

function add_groups_and_bus(dev: Device): number {
  trace_point('device_add:groups')
  let error = sysfs_create_groups(KOBJ(dev), read(dev + D.groups))
  if (error !== 0) return error
  trace_point('device_add:bus')
  error = bus_add_device(dev)
  if (error === 0) {
    error = add_dev_file(dev)
    if (error === 0) return 0
    bus_remove_device(dev)
  }
  sysfs_remove_groups(KOBJ(dev), read(dev + D.groups))
  return error
}

/** Directory and contents. Returns 0 or a negative errno with nothing left behind but the parent's reference. */
function add_to_sysfs(dev: Device, home: Kobject): number {
  trace_point('device_add:directory')
  let error = kobject_add(KOBJ(dev), home)
  if (error === 0) {
    error = add_contents(dev)
    if (error === 0) return 0
    kobject_uevent(KOBJ(dev), KOBJ_REMOVE)
    kobject_del(KOBJ(dev))
  }
  cleanup_glue_dir(dev, home)
  return error
}

/** The device is in sysfs: tell, probe, and join the lists. */
function announce(dev: Device, parent: Device): void {
  bus_notify(dev, BUS_NOTIFY_ADD_DEVICE)
  kobject_uevent(KOBJ(dev), KOBJ_ADD)
  trace_point('device_add:probe')
  bus_probe_device(dev)
  trace_point('device_add:child_list')
  if (parent !== 0) klist_add_tail(device.at.knode_parent(dev), device.at.klist_children(parent))
  attach_class_list(dev)
}

/**
 * Adds an initialised, named device.
 * @returns 0, -EINVAL without a name, -EEXIST for a name in use in the directory or on the bus (with a warning),
 *   -ENOENT when the parent is being removed, -ENOMEM
 */
export function device_add(dev: Device): number {
  trace_enter('device_add')
  get_device(dev)
  let error = -EINVAL
  if (should_fail()) error = -ENOMEM
  else if (read(dev + D.kobj + kobject.offset.name) !== 0) error = __device_add(dev)
  put_device(dev)
  trace_leave('device_add')
  return error
}

function __device_add(dev: Device): number {
  const parent = get_device(as(read(dev + D.parent)))
  const home = get_device_parent(dev, parent)
  const error = home < 0 ? home : add_to_sysfs(dev, as(home))
  if (error === 0) announce(dev, parent)
  else put_device(parent)
  return error
}
