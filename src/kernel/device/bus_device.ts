/**
 * A device on its bus: links, list, notifications.
 *
 * Order    device_lock → notifier_rwsem (read). Callbacks run under the read side; one that unregisters itself hangs.
 * Context  sleeps.
 * Source   drivers/base/bus.c
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { ENOENT, ENOSPC } from '../../base/errno.ts'
import { down_read, down_write, up_read, up_write } from '../../sync/index.ts'
import { device_release_driver } from './dd.ts'
import { dev_name, get_device, put_device } from './device.ts'
import { bus_notifiers, bus_ops, bus_type, device, type Bus, type Device } from './device_struct.ts'
import { klist_add_tail, klist_del, klist_node_attached, klist_ops, type KlistNode } from './klist.ts'
import { klist_of } from './klist_set.ts'
import { kobject_get, kobject_put } from './kobject.ts'
import { kset } from './kobject_struct.ts'
import { qstr_of, static_name } from '../static_name.ts'
import { sysfs_create_link, sysfs_remove_link } from '../sysfs.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../sysfs_group.ts'

export const BUS_NOTIFY_ADD_DEVICE = 0
export const BUS_NOTIFY_DEL_DEVICE = 1
export const BUS_NOTIFY_REMOVED_DEVICE = 2
export const BUS_NOTIFY_BIND_DRIVER = 3
export const BUS_NOTIFY_BOUND_DRIVER = 4
export const BUS_NOTIFY_UNBIND_DRIVER = 5
export const BUS_NOTIFY_UNBOUND_DRIVER = 6
export const BUS_NOTIFY_DRIVER_NOT_BOUND = 7
const points = [
  'ADD_DEVICE',
  'DEL_DEVICE',
  'REMOVED_DEVICE',
  'BIND_DRIVER',
  'BOUND_DRIVER',
  'UNBIND_DRIVER',
  'UNBOUND_DRIVER',
  'DRIVER_NOT_BOUND',
].map((name) => `bus_notify:${name}`)

const SUBSYSTEM = static_name('subsystem')
const B = bus_type.offset
const KOBJ = device.at.kobj
const KNODE = device.at.knode_bus
const RWSEM = bus_type.at.notifier_rwsem
const ofKnode = device.of.knode_bus

/** Walkers and membership of a bus's list reference the device. */
export const bus_klist_ops = klist_ops.define('klist_devices', {
  get: (n: KlistNode) => {
    get_device(ofKnode(n))
  },
  put: (n: KlistNode) => {
    put_device(ofKnode(n))
  },
})

/** Tells the bus's notifiers. */
export function bus_notify(dev: Device, event: number): void {
  trace_point(points[event] as string)
  const bus = as<'bus_type'>(read(dev + device.offset.bus))
  if (bus === 0 || READ_ONCE(bus + B.nr_notifiers) === 0) return
  down_read(RWSEM(bus))
  for (let i = 0; i < read(bus + B.nr_notifiers); i++) {
    bus_notifiers.get(read(bus + B.notifiers + i))(event, dev)
  }
  up_read(RWSEM(bus))
}

/** Adds a callback, an id of bus_notifiers. Returns 0 or -ENOSPC (four are there). */
export function bus_register_notifier(bus: Bus, nb: number): number {
  down_write(RWSEM(bus))
  const n = read(bus + B.nr_notifiers)
  if (n < 4) {
    write(bus + B.notifiers + n, nb)
    WRITE_ONCE(bus + B.nr_notifiers, n + 1)
  }
  up_write(RWSEM(bus))
  return n < 4 ? 0 : -ENOSPC
}

/** Removes a callback. Returns 0 or -ENOENT. */
export function bus_unregister_notifier(bus: Bus, nb: number): number {
  down_write(RWSEM(bus))
  const n = read(bus + B.nr_notifiers)
  let at = 0
  while (at < n && read(bus + B.notifiers + at) !== nb) at++
  if (at < n) {
    for (let i = at; i < n - 1; i++) write(bus + B.notifiers + i, read(bus + B.notifiers + i + 1))
    WRITE_ONCE(bus + B.nr_notifiers, n - 1)
  }
  up_write(RWSEM(bus))
  return at < n ? 0 : -ENOENT
}

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
