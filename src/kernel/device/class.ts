/**
 * Classes, devices made by a class, and compat links (/sys/class/<name>/<device> without being of the class).
 *
 * Context  sleeps.
 * Source   drivers/base/class.c, core.c (device_create)
 */
import { write } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { INIT_LIST_HEAD, kmem_cache_free, kmem_cache_zalloc } from '../../mem/index.ts'
import { class_klist_ops } from './class_device.ts'
import { device_add } from './device_add.ts'
import { device_unregister } from './device_del.ts'
import { dev_name, dev_set_name, device_initialize, put_device } from './device.ts'
import { classCache, deviceCache } from './device_root.ts'
import { class_struct, device, device_releases, type Class, type Device } from './device_struct.ts'
import { klist_set_for_each, klist_set_init } from './klist_set.ts'
import { class_kset } from './kobject_globals.ts'
import { kobject_create_and_add, kobject_put, kobject_set_name } from './kobject.ts'
import { kobj_types, kobject, type Kobject } from './kobject_struct.ts'
import { kset_init, kset_register, kset_unregister } from './kset.ts'
import { sysfs_create_link, sysfs_remove_link } from '../sysfs.ts'

const D = device.offset
const KOBJ = device.at.kobj
const ofKnode = device.of.knode_class

const class_ktype = kobj_types.define('class', {
  release: (kobj) => kmem_cache_free(classCache(), class_struct, kobj),
})

/** Release of devices made by device_create. */
export const device_create_release = device_releases.define('device_create_release', (dev) => {
  kmem_cache_free(deviceCache(), device, dev)
})

/**
 * Makes a class, /sys/class/<name>.
 * @param dev_release id of device_releases for its devices; 0 when each device brings its own
 * @returns the class or a negative errno
 */
export function class_create(name: Addr<'qstr'>, dev_release = 0): number {
  const cls = name === 0 ? NULL : kmem_cache_zalloc(classCache(), class_struct)
  if (cls === 0) return -ENOMEM
  kset_init(class_struct.at.subsys(cls), class_ktype)
  kobject_set_name(as(cls), name)
  write(cls + kobject.offset.kset, class_kset())
  write(cls + class_struct.offset.dev_release, dev_release)
  klist_set_init(class_struct.at.klist_devices(cls), class_klist_ops)
  INIT_LIST_HEAD(class_struct.at.glue_dirs(cls))
  const error = kset_register(class_struct.at.subsys(cls))
  if (error === 0) return cls
  kset_unregister(class_struct.at.subsys(cls))
  return error
}

/** Removes a class without devices. */
export function class_destroy(cls: Class): void {
  kset_unregister(class_struct.at.subsys(cls))
}

/** Calls `fn` for each device of the class. Stops at the first non-zero result and returns it. */
export function class_for_each_device(cls: Class, fn: (dev: Device) => number): number {
  return klist_set_for_each(class_struct.at.klist_devices(cls), (n) => fn(ofKnode(n)))
}

/**
 * Makes and adds a device of a class.
 * @param parent NULL for a virtual device
 * @param major 0 for a device without a number
 * @param groups id of define_groups, 0 for none
 * @returns the device or a negative errno
 */
export function device_create(
  cls: Class,
  parent: Device,
  major: number,
  minor: number,
  name: Addr<'qstr'>,
  drvdata = 0,
  groups = 0,
): number {
  const dev = name === 0 ? NULL : kmem_cache_zalloc(deviceCache(), device)
  if (dev === 0) return -ENOMEM
  device_initialize(dev)
  write(dev + D.class, cls)
  write(dev + D.parent, parent)
  write(dev + D.release, device_create_release)
  write(dev + D.major, major)
  write(dev + D.minor, minor)
  write(dev + D.groups, groups)
  write(dev + D.driver_data, drvdata)
  dev_set_name(dev, name)
  const error = device_add(dev)
  if (error === 0) return dev
  put_device(dev)
  return error
}

/** Removes a device made by device_create. */
export function device_destroy(dev: Device): void {
  device_unregister(dev)
}

/** Makes a directory for compat links in /sys/class. Returns it or a negative errno. */
export function class_compat_register(name: Addr<'qstr'>): number {
  return kobject_create_and_add(name, as(class_kset()))
}

/** Removes it. */
export function class_compat_unregister(cls: Kobject): void {
  kobject_put(cls)
}

/** Links a device into a compat directory under its own name. Returns 0 or a negative errno. */
export function class_compat_create_link(cls: Kobject, dev: Device): number {
  return sysfs_create_link(cls, KOBJ(dev), dev_name(dev))
}

/** Removes the link. */
export function class_compat_remove_link(cls: Kobject, dev: Device): void {
  sysfs_remove_link(cls, dev_name(dev))
}
