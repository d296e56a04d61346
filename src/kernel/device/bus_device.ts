/**
 * A device on its bus: links and list.
 *
 * Context  sleeps.
 * Source   drivers/base/bus.c
 */
import { read } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { device_release_driver } from './dd.ts'
import { dev_name, get_device, put_device } from './device.ts'
import { bus_ops, bus_type, device, type Bus, type Device } from './device_struct.ts'
import { klist_add_tail, klist_del, klist_node_attached, klist_ops, type KlistNode } from './klist.ts'
import { klist_of } from './klist_set.ts'
import { kobject_get, kobject_put } from './kobject.ts'
import { kset } from './kobject_struct.ts'
import { qstr_of, static_name } from '../static_name.ts'
import { sysfs_create_link, sysfs_remove_link } from '../sysfs.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../sysfs_group.ts'

const SUBSYSTEM = static_name('subsystem')
const B = bus_type.offset
const KOBJ = device.at.kobj
const KNODE = device.at.knode_bus
const ofKnode = device.of.knode_bus

/** Walkers and membership of a bus's list reference the device. */
export const bus_klist_ops = klist_ops.define('klist_devices', {
  get: (n: KlistNode) => get_device(ofKnode(n)),
  put: (n: KlistNode) => put_device(ofKnode(n)),
})

function devicesDir(bus: Bus) {
  return kset.at.kobj(as(read(bus + B.devices_kset)))
}

function add_links(bus: Bus, dev: Device): number {
  let error = sysfs_create_link(devicesDir(bus), KOBJ(dev), dev_name(dev))
  if (error !== 0) return error
  error = sysfs_create_link(KOBJ(dev), bus_type.at.subsys(bus) as never, qstr_of(SUBSYSTEM))
  if (error !== 0) sysfs_remove_link(devicesDir(bus), dev_name(dev))
  return error
}

/** Puts a device on its bus: groups, links, list. A device without a bus: nothing. Returns 0 or a negative errno. */
export function bus_add_device(dev: Device): number {
  const bus = as<'bus_type'>(read(dev + device.offset.bus))
  if (bus === 0) return 0
  kobject_get(as(bus))
  const groups = bus_ops.get(read(bus + B.ops)).dev_groups ?? 0
  let error = sysfs_create_groups(KOBJ(dev), groups)
  if (error === 0) {
    error = add_links(bus, dev)
    if (error !== 0) sysfs_remove_groups(KOBJ(dev), groups)
  }
  if (error === 0) klist_add_tail(KNODE(dev), klist_of(bus_type.at.klist_devices(bus), dev))
  else kobject_put(as(bus))
  return error
}

/** Takes a device off its bus; unbinds its driver, which may block. */
export function bus_remove_device(dev: Device): void {
  const bus = as<'bus_type'>(read(dev + device.offset.bus))
  if (bus === 0) return
  trace_enter('bus_remove_device')
  sysfs_remove_link(KOBJ(dev), qstr_of(SUBSYSTEM))
  sysfs_remove_link(devicesDir(bus), dev_name(dev))
  sysfs_remove_groups(KOBJ(dev), bus_ops.get(read(bus + B.ops)).dev_groups ?? 0)
  if (klist_node_attached(KNODE(dev))) klist_del(KNODE(dev))
  trace_point('bus_remove_device:release_driver')
  device_release_driver(dev)
  kobject_put(as(bus))
  trace_leave('bus_remove_device')
}
