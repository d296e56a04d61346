/**
 * device: initialisation, references, names, locks.
 *
 * Invariant   from device_initialize on a device dies by put_device only, never by freeing it.
 * Context     put_device may run the release, which may take any lock.
 * Source      drivers/base/core.c
 */
import { read, READ_ONCE, write } from '#access'
import { lockdep_set_novalidate_class } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { sysfs_create_file, sysfs_remove_file, sysfs_remove_file_self } from '../sysfs.ts'
import { devres_head_init, devres_release_all } from './devres.ts'
import { count_device } from './device_root.ts'
import { class_struct, device, device_releases, type Device } from './device_struct.ts'
import { klist_init, klist_ops, type KlistNode } from './klist.ts'
import { devices_kset } from './kobject_globals.ts'
import { KOBJ_IN_SYSFS, kobj_types, kobject, type Kobject } from './kobject_struct.ts'
import { kobject_get, kobject_init, kobject_name, kobject_put, kobject_set_name } from './kobject.ts'
import { WARN } from '../oops.ts'
import { KERN_DEBUG, printk_debug, printk_name } from '../printk.ts'

const D = device.offset
const KOBJ = device.at.kobj
const MUTEX = device.at.mutex
const ofKnodeParent = device.of.knode_parent

/** Frees the device through its release, or its class's. */
function device_release(kobj: Kobject): void {
  const dev = device.of.kobj(kobj)
  const cls = read(dev + D.class)
  const id = read(dev + D.release) || (cls === 0 ? 0 : read(cls + class_struct.offset.dev_release))
  devres_release_all(dev)
  count_device(-1)
  if (id === 0) WARN("Device '%N' does not have a release() function, it is broken", kobject_name(kobj))
  else device_releases.get(id)(dev)
}

/** kobj_type of devices. */
export const device_ktype = kobj_types.define('device', { release: device_release })

const children_ops = klist_ops.define('klist_children', {
  get: (n: KlistNode) => get_device(ofKnodeParent(n)),
  put: (n: KlistNode) => put_device(ofKnodeParent(n)),
})

/** Prepares a zeroed device: one reference, not added. */
export function device_initialize(dev: Device): void {
  write(dev + D.kobj + kobject.offset.kset, devices_kset())
  kobject_init(KOBJ(dev), device_ktype)
  mutex_init(MUTEX(dev), '&dev->mutex')
  // Parents and children are locked in any order: as in the kernel, nobody checks.
  lockdep_set_novalidate_class(mutex.at.dep_map(MUTEX(dev)))
  devres_head_init(dev)
  klist_init(device.at.klist_children(dev), children_ops)
  count_device(1)
}

/** Takes a reference. NULL is ignored. */
export function get_device(dev: Device): Device {
  if (dev !== 0) kobject_get(KOBJ(dev))
  return dev
}

/** Gives a reference back; the last one releases the device. NULL is ignored. */
export function put_device(dev: Device): void {
  if (dev !== 0) kobject_put(KOBJ(dev))
}

/** Name of a device. */
export function dev_name(dev: Device): Addr<'qstr'> {
  return kobject_name(KOBJ(dev))
}

/** Sets the name, before the device is added. Allocates nothing. */
export function dev_set_name(dev: Device, name: Addr<'qstr'>): void {
  kobject_set_name(KOBJ(dev), name)
}

/** Takes the device's lock: attach, detach and the mark of death. */
export function device_lock(dev: Device): void {
  mutex_lock(MUTEX(dev))
}

/** Gives the device's lock back. */
export function device_unlock(dev: Device): void {
  mutex_unlock(MUTEX(dev))
}

/** True between device_add and device_del. */
export function device_is_registered(dev: Device): boolean {
  return (READ_ONCE(dev + D.kobj + kobject.offset.state) & KOBJ_IN_SYSFS) !== 0
}

/** Driver's private word. */
export function dev_get_drvdata(dev: Device): number {
  return read(dev + D.driver_data)
}

/** Sets the driver's private word. */
export function dev_set_drvdata(dev: Device, data: number): void {
  write(dev + D.driver_data, data)
}

/** String id of what a log line begins with: the driver's name, else the bus's, else the class's. */
export function dev_driver_string(dev: Device): number {
  const owner = READ_ONCE(dev + D.driver) || read(dev + D.bus) || read(dev + D.class)
  return owner === 0 ? 0 : read(owner + kobject.offset.name)
}

/** Logs a line about a device: `mtty 83b8…: text`. `format` is a static_name key. */
export function dev_printk(level: number, dev: Device, format: number, a = 0, b = 0, c = 0): void {
  printk_name(level, format, dev_driver_string(dev), dev_name(dev), a, b, c)
}

/** dev_printk of a debug line: nothing unless printk_set_debug has switched them on. */
export function dev_dbg(dev: Device, format: number, a = 0, b = 0, c = 0): void {
  if (printk_debug()) dev_printk(KERN_DEBUG, dev, format, a, b, c)
}

/** Makes an attribute's file. Returns 0 or a negative errno. */
export function device_create_file(dev: Device, attr: number): number {
  return sysfs_create_file(KOBJ(dev), attr)
}

/** Removes an attribute's file; waits for operations on it. */
export function device_remove_file(dev: Device, attr: number): void {
  sysfs_remove_file(KOBJ(dev), attr)
}

/** Removes an attribute's file from inside its own store: true for the one that did. See kernfs/self.ts. */
export function device_remove_file_self(dev: Device, attr: number): boolean {
  return sysfs_remove_file_self(KOBJ(dev), attr)
}

/** Device around a kobject; NULL for a kobject of another type. */
export function kobj_to_dev(kobj: Kobject): Device {
  return read(kobj + kobject.offset.ktype) === device_ktype ? as(kobj) : NULL
}
