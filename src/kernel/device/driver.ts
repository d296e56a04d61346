/**
 * Drivers: registration, their directory with bind and unbind.
 *
 * Context  sleeps. driver_unregister unbinds every device in turn and blocks as long as one of them does.
 * Source   drivers/base/driver.c, bus.c
 */
import { read, READ_ONCE, write } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { EBUSY, ENODEV } from '../../base/errno.ts'
import { define_attribute } from './attribute.ts'
import { bus_find_device_by_name, bus_for_each_dev } from './bus.ts'
import {
  __driver_attach,
  device_driver_attach,
  device_driver_detach,
  device_release_driver_internal,
  driver_match_device,
} from './dd.ts'
import { get_device, put_device } from './device.ts'
import { bus_type, device, device_driver, type Bus, type Device, type Driver } from './device_struct.ts'
import { kobject_synth_uevent } from './device_uevent.ts'
import { klist_add_tail, klist_iter_exit, klist_next, klist_remove } from './klist.ts'
import { klist_set_for_each, klist_set_init } from './klist_set.ts'
import { kobject_add, kobject_init, kobject_name, kobject_put, kobject_set_name } from './kobject.ts'
import { kobj_types, kobject } from './kobject_struct.ts'
import { module_kobj } from '../module_struct.ts'
import { KERN_ERR, printk_name } from '../printk.ts'
import { name_eq } from '../qstr.ts'
import { qstr_of, static_name } from '../static_name.ts'
import { sysfs_create_file, sysfs_create_link, sysfs_remove_file, sysfs_remove_link } from '../sysfs.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../sysfs_group.ts'
import { kobject_uevent } from '../uevent.ts'
import { KOBJ_ADD } from '../uevent_record.ts'

const DRV = device_driver.offset
const MODULE = static_name('module')
const FILE_FAILED = static_name('driver_register: a file of the driver could not be made')
const KOBJ = device_driver.at.kobj
const KNODE = device_driver.at.knode_bus
const ofKnodeBus = device_driver.of.knode_bus
const ofKnodeDriver = device.of.knode_driver

const driver_ktype = kobj_types.define('driver', { release: () => {} })

/** Finds the device a bind or unbind names, calls `fn`, and gives its result or the length of the text. */
function withDevice(drv: Driver, text: string, fn: (dev: Device) => number): number {
  const dev = bus_find_device_by_name(as(read(drv + DRV.bus)), text)
  if (dev === 0) return -ENODEV
  const error = fn(dev)
  put_device(dev)
  return error === 0 ? text.length : error
}

function bind_store(drv: Driver, text: string): number {
  // A bus without a match of its own for the pair (mdev since 5.14, 88a21f265ce5) cannot be talked into it.
  return withDevice(drv, text, (dev) =>
    driver_match_device(drv, dev) ? device_driver_attach(drv, dev) : -ENODEV,
  )
}

function unbind_store(drv: Driver, text: string): number {
  return withDevice(drv, text, (dev) => {
    // Without device_lock, as in the kernel: device_driver_detach asks again with it.
    if (READ_ONCE(dev + device.offset.driver) !== drv) return -ENODEV
    device_driver_detach(drv, dev)
    return 0
  })
}

const bind = define_attribute<'device_driver'>('driver.bind', {
  name: 'bind',
  mode: 0o200,
  store: bind_store,
})
const unbind = define_attribute<'device_driver'>('driver.unbind', {
  name: 'unbind',
  mode: 0o200,
  store: unbind_store,
})
const uevent = define_attribute<'device_driver'>('driver.uevent', {
  name: 'uevent',
  mode: 0o200,
  store: (drv, text) => kobject_synth_uevent(KOBJ(drv), text),
})
const files = [uevent, unbind, bind]

/**
 * Prepares a driver whose memory is zeroed.
 * @param owner module that owns the code, NULL for built-in
 * @param ops id of driver_ops
 */
export function driver_init(
  drv: Driver,
  name: Addr<'qstr'>,
  bus: Bus,
  owner: Addr<'module'>,
  ops: number,
): void {
  kobject_init(KOBJ(drv), driver_ktype)
  kobject_set_name(KOBJ(drv), name)
  write(drv + kobject.offset.kset, read(bus + bus_type.offset.drivers_kset))
  write(drv + DRV.bus, bus)
  write(drv + DRV.owner, owner)
  write(drv + DRV.ops, ops)
  klist_set_init(device_driver.at.klist_devices(drv), 0)
}

/** Driver of that name on the bus; NULL if there is none. No reference is taken. */
export function driver_find(bus: Bus, name: Addr<'qstr'>): Driver {
  const k = bus_type.at.klist_drivers(bus)
  for (let n = klist_next(k, NULL); n !== 0; n = klist_next(k, n)) {
    if (!name_eq(kobject_name(KOBJ(ofKnodeBus(n))), name)) continue
    klist_iter_exit(k, n)
    return ofKnodeBus(n)
  }
  return NULL
}

/** Makes the driver's files. A failure is logged and costs only that file, as in the kernel. */
function add_files(drv: Driver): void {
  const owner = as<'module'>(read(drv + DRV.owner))
  let failed = owner === 0 ? 0 : sysfs_create_link(KOBJ(drv), module_kobj(owner), qstr_of(MODULE))
  failed |= sysfs_create_file(KOBJ(drv), uevent)
  failed |= sysfs_create_groups(KOBJ(drv), read(drv + DRV.groups))
  failed |= sysfs_create_file(KOBJ(drv), unbind) | sysfs_create_file(KOBJ(drv), bind)
  if (failed !== 0) printk_name(KERN_ERR, FILE_FAILED, read(drv + kobject.offset.name), NULL)
}

function remove_files(drv: Driver): void {
  for (const file of files) sysfs_remove_file(KOBJ(drv), file)
}

/**
 * Registers a prepared driver and offers it the bus's devices.
 * @returns 0, -EBUSY for a name in use on the bus, or a negative errno; after an error the driver can be prepared anew
 */
export function driver_register(drv: Driver): number {
  const bus = as<'bus_type'>(read(drv + DRV.bus))
  if (driver_find(bus, kobject_name(KOBJ(drv))) !== 0) return -EBUSY
  const error = kobject_add(KOBJ(drv), NULL)
  if (error !== 0) return error
  klist_add_tail(KNODE(drv), bus_type.at.klist_drivers(bus))
  if (READ_ONCE(bus + bus_type.offset.drivers_autoprobe) === 1) driver_attach(drv)
  add_files(drv)
  kobject_uevent(KOBJ(drv), KOBJ_ADD)
  return 0
}

/** Offers the driver every device of its bus. */
export function driver_attach(drv: Driver): void {
  bus_for_each_dev(as(read(drv + DRV.bus)), (dev) => {
    __driver_attach(drv, dev)
    return 0
  })
}

/** Unbinds every device of the driver, one after the other. */
function driver_detach(drv: Driver): void {
  const set = device_driver.at.klist_devices(drv)
  for (;;) {
    const dev = as<'device'>(klist_set_for_each(set, (n) => get_device(ofKnodeDriver(n))))
    if (dev === 0) return
    device_release_driver_internal(dev, drv)
    put_device(dev)
  }
}

/** Removes a driver: off the bus, all devices unbound, directory gone. */
export function driver_unregister(drv: Driver): void {
  remove_files(drv)
  sysfs_remove_groups(KOBJ(drv), read(drv + DRV.groups))
  klist_remove(KNODE(drv))
  driver_detach(drv)
  if (read(drv + DRV.owner) !== 0) sysfs_remove_link(KOBJ(drv), qstr_of(MODULE))
  kobject_put(KOBJ(drv))
}

/** Calls `fn` for each device bound to the driver. Stops at the first non-zero result and returns it. */
export function driver_for_each_device(drv: Driver, fn: (dev: Device) => number): number {
  return klist_set_for_each(device_driver.at.klist_devices(drv), (n) => fn(ofKnodeDriver(n)))
}
