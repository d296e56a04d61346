/**
 * Devices and drivers meet: probe, bind, unbind.
 *
 * Order    device_lock around each bind and unbind; inside it the bus's notifiers, probe and remove, kernfs.
 * Context  sleeps. An unbind may block as long as the driver's remove does, with device_lock held.
 * Source   drivers/base/dd.c
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, NULL } from '../../base/addr.ts'
import { EAGAIN, EBUSY, ENODEV, ENXIO, EPROBE_DEFER } from '../../base/errno.ts'
import {
  bus_notify,
  BUS_NOTIFY_BIND_DRIVER,
  BUS_NOTIFY_BOUND_DRIVER,
  BUS_NOTIFY_DRIVER_NOT_BOUND,
  BUS_NOTIFY_UNBIND_DRIVER,
  BUS_NOTIFY_UNBOUND_DRIVER,
} from './bus_notify.ts'
import { dev_name, device_is_registered, device_lock, device_unlock } from './device.ts'
import {
  bus_ops,
  bus_type,
  device,
  device_driver,
  driver_ops,
  type Device,
  type Driver,
} from './device_struct.ts'
import { devres_release_all } from './devres.ts'
import { klist_add_tail, klist_iter_exit, klist_next, klist_remove } from './klist.ts'
import { klist_of } from './klist_set.ts'
import { kobject } from './kobject_struct.ts'
import { KERN_WARNING, printk_name } from '../printk.ts'
import { qstr_of, static_name } from '../static_name.ts'
import { sysfs_create_link, sysfs_remove_link } from '../sysfs.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../sysfs_group.ts'
import { kobject_uevent } from '../uevent.ts'
import { KOBJ_BIND, KOBJ_UNBIND } from '../uevent_record.ts'

const D = device.offset
const DRIVER = static_name('driver')
const PROBE_FAILED = static_name('probe of %N failed with error %d')
const KOBJ = device.at.kobj
const DRV_KOBJ = device_driver.at.kobj
const KNODE = device.at.knode_driver
const ofKnodeBus = device_driver.of.knode_bus

function driver_sysfs_add(dev: Device, drv: Driver): number {
  bus_notify(dev, BUS_NOTIFY_BIND_DRIVER)
  let error = sysfs_create_link(DRV_KOBJ(drv), KOBJ(dev), dev_name(dev))
  if (error !== 0) return error
  error = sysfs_create_link(KOBJ(dev), DRV_KOBJ(drv), qstr_of(DRIVER))
  if (error !== 0) sysfs_remove_link(DRV_KOBJ(drv), dev_name(dev))
  return error
}

function driver_sysfs_remove(dev: Device, drv: Driver): void {
  sysfs_remove_link(DRV_KOBJ(drv), dev_name(dev))
  sysfs_remove_link(KOBJ(dev), qstr_of(DRIVER))
}

function call_driver_probe(dev: Device, drv: Driver): number {
  const probe = bus_ops.get(read(read(dev + D.bus) + bus_type.offset.ops)).probe
  trace_point('really_probe:probe')
  if (probe !== undefined) return probe(dev)
  return driver_ops.get(read(drv + device_driver.offset.ops)).probe?.(dev) ?? 0
}

function call_driver_remove(dev: Device, drv: Driver): void {
  const remove = bus_ops.get(read(read(dev + D.bus) + bus_type.offset.ops)).remove
  if (remove !== undefined) remove(dev)
  else driver_ops.get(read(drv + device_driver.offset.ops)).remove?.(dev)
}

function dev_groups(drv: Driver): number {
  return driver_ops.get(read(drv + device_driver.offset.ops)).dev_groups ?? 0
}

function device_unbind_cleanup(dev: Device): void {
  devres_release_all(dev)
  WRITE_ONCE(dev + D.driver, NULL)
  write(dev + D.driver_data, 0)
}

function driver_bound(dev: Device, drv: Driver): void {
  klist_add_tail(KNODE(dev), klist_of(device_driver.at.klist_devices(drv), dev))
  bus_notify(dev, BUS_NOTIFY_BOUND_DRIVER)
  kobject_uevent(KOBJ(dev), KOBJ_BIND)
}

/** Steps between the links and the announcement. Each failure undoes the earlier ones. */
function probe_and_groups(dev: Device, drv: Driver): number {
  let error = call_driver_probe(dev, drv)
  if (error !== 0) {
    if (error !== -ENODEV && error !== -ENXIO && error !== -EPROBE_DEFER) {
      printk_name(KERN_WARNING, PROBE_FAILED, read(drv + kobject.offset.name), dev_name(dev), error)
    }
    return error
  }
  error = sysfs_create_groups(KOBJ(dev), dev_groups(drv))
  if (error !== 0) call_driver_remove(dev, drv)
  return error
}

/** Binds. device_lock is held. Returns 0 or the probe's negative errno. */
function really_probe(dev: Device, drv: Driver): number {
  trace_enter('really_probe')
  const error = __really_probe(dev, drv)
  trace_leave('really_probe')
  return error
}

function __really_probe(dev: Device, drv: Driver): number {
  WRITE_ONCE(dev + D.driver, drv)
  let error = driver_sysfs_add(dev, drv)
  if (error === 0) {
    error = probe_and_groups(dev, drv)
    if (error === 0) {
      driver_bound(dev, drv)
      return 0
    }
    driver_sysfs_remove(dev, drv)
  }
  bus_notify(dev, BUS_NOTIFY_DRIVER_NOT_BOUND)
  device_unbind_cleanup(dev)
  return error
}

/** Binds if the device is alive and free: -ENODEV, -EBUSY, or what really_probe returns. device_lock is held. */
function __driver_probe_device(drv: Driver, dev: Device): number {
  if (read(dev + D.dead) === 1 || !device_is_registered(dev)) return -ENODEV
  if (read(dev + D.driver) !== 0) return -EBUSY
  return really_probe(dev, drv)
}

/** True if the bus lets the driver serve the device. */
export function driver_match_device(drv: Driver, dev: Device): boolean {
  const match = bus_ops.get(read(read(dev + D.bus) + bus_type.offset.ops)).match
  return match === undefined || match(dev, drv) !== 0
}

/** Tries the drivers of the bus, in order, until one takes the device. Their errors are not reported to anyone. */
function __device_attach(dev: Device): void {
  const k = bus_type.at.klist_drivers(as(read(dev + D.bus)))
  for (let n = klist_next(k, NULL); n !== 0; n = klist_next(k, n)) {
    const drv = ofKnodeBus(n)
    if (!driver_match_device(drv, dev) || __driver_probe_device(drv, dev) !== 0) continue
    klist_iter_exit(k, n)
    return
  }
}

/** Looks for a driver for a device. Returns 1 if it is bound afterwards, else 0. */
export function device_attach(dev: Device): number {
  device_lock(dev)
  if (read(dev + D.dead) === 0 && read(dev + D.driver) === 0) __device_attach(dev)
  const bound = read(dev + D.driver) === 0 ? 0 : 1
  device_unlock(dev)
  return bound
}

/** Looks for a driver for a new device, unless the bus has autoprobe off. */
export function bus_probe_device(dev: Device): void {
  const bus = read(dev + D.bus)
  if (bus !== 0 && READ_ONCE(bus + bus_type.offset.drivers_autoprobe) === 1) device_attach(dev)
}

/**
 * Binds this driver to this device.
 * @returns 0; -ENODEV (the device is going); -EBUSY (bound already); -EAGAIN for a deferred probe; the probe's errno
 */
export function device_driver_attach(drv: Driver, dev: Device): number {
  device_lock(dev)
  const error = __driver_probe_device(drv, dev)
  device_unlock(dev)
  return error === -EPROBE_DEFER ? -EAGAIN : error
}

/** Tries a new driver on a device of its bus: what driver_attach does for each of them. */
export function __driver_attach(drv: Driver, dev: Device): void {
  if (!driver_match_device(drv, dev)) return
  device_lock(dev)
  __driver_probe_device(drv, dev)
  device_unlock(dev)
}

/** Unbinds. device_lock is held. */
function __device_release_driver(dev: Device, drv: Driver): void {
  driver_sysfs_remove(dev, drv)
  bus_notify(dev, BUS_NOTIFY_UNBIND_DRIVER)
  sysfs_remove_groups(KOBJ(dev), dev_groups(drv))
  trace_point('device_release_driver:remove')
  call_driver_remove(dev, drv)
  device_unbind_cleanup(dev)
  klist_remove(KNODE(dev))
  bus_notify(dev, BUS_NOTIFY_UNBOUND_DRIVER)
  kobject_uevent(KOBJ(dev), KOBJ_UNBIND)
}

/** Unbinds the device from `drv`, or from whatever driver it has (NULL). */
export function device_release_driver_internal(dev: Device, drv: Driver): void {
  trace_enter('device_release_driver_internal')
  device_lock(dev)
  const bound = as<'device_driver'>(read(dev + D.driver))
  if (bound !== 0 && (drv === 0 || drv === bound)) __device_release_driver(dev, bound)
  device_unlock(dev)
  trace_leave('device_release_driver_internal')
}

/** Unbinds the device's driver. May block as long as the driver's remove does. */
export function device_release_driver(dev: Device): void {
  device_release_driver_internal(dev, NULL)
}

/** Unbinds the device if `drv` is its driver. */
export function device_driver_detach(drv: Driver, dev: Device): void {
  device_release_driver_internal(dev, drv)
}
