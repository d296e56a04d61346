/**
 * Layouts of the driver core, which refer to each other, and the tables of their operations.
 *
 * Rule     each of them begins with its kobject.
 * Source   include/linux/device.h, drivers/base/base.h (the private halves are folded in)
 */
import type { Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { embed, guarded_by, list_head, ptr, struct, word, words } from '../../mem/index.ts'
import { mutex, rw_semaphore, spinlock } from '../../sync/index.ts'
import { klist, klist_node } from './klist.ts'
import { klist_set } from './klist_set.ts'
import { kobject, kset } from './kobject_struct.ts'
import { qstr } from '../qstr.ts'

export const device = struct('device', {
  kobj: embed(kobject),
  parent: ptr('device'),
  bus: ptr('bus_type'),
  class: ptr('class'),
  /** Written with WRITE_ONCE, because some look without the lock. */
  driver: guarded_by('dev->mutex', ptr('device_driver')),
  driver_data: guarded_by('dev->mutex', word),
  /** For the owner of the device. */
  platform_data: word,
  /** Group in which the IOMMU isolates it; NULL for none. */
  iommu_group: ptr('iommu_group'),
  /** Id of device_releases; 0: the class releases. */
  release: word,
  /** Id of define_groups; 0 for none. */
  groups: word,
  /** 1 once device_del has begun. */
  dead: guarded_by('dev->mutex', word),
  /** Device number; major 0: none. */
  major: word,
  minor: word,
  /** Name of the device node, with its directory. */
  devnode: embed(qstr),
  mutex: embed(mutex),
  devres_lock: embed(spinlock),
  /** What is to be undone when the driver leaves (devres.ts), oldest first. */
  devres_head: guarded_by('dev->devres_lock', embed(list_head)),
  /** Children in order of completion of their device_add. */
  klist_children: embed(klist),
  knode_parent: embed(klist_node),
  knode_bus: embed(klist_node),
  knode_driver: embed(klist_node),
  knode_class: embed(klist_node),
})
export type Device = Addr<'device'>

export const bus_type = struct('bus_type', {
  subsys: embed(kset),
  /** /sys/bus/<bus>/devices */
  devices_kset: ptr('kset'),
  /** /sys/bus/<bus>/drivers */
  drivers_kset: ptr('kset'),
  /** Id of bus_ops. */
  ops: word,
  /** 1: new devices and new drivers look for each other. Atomic. */
  drivers_autoprobe: word,
  klist_devices: embed(klist_set),
  klist_drivers: embed(klist),
  /** Guards `notifiers`: read around a call, write to change. */
  notifier_rwsem: embed(rw_semaphore),
  /** Ids of bus_notifiers. */
  notifiers: guarded_by('notifier_rwsem', words(4)),
  nr_notifiers: guarded_by('notifier_rwsem', word),
})
export type Bus = Addr<'bus_type'>

export const device_driver = struct('device_driver', {
  kobj: embed(kobject),
  bus: ptr('bus_type'),
  /** Module that owns the code; NULL for built-in. */
  owner: ptr('module'),
  /** Id of driver_ops. */
  ops: word,
  /** Id of define_groups for the driver's own directory; 0 for none. */
  groups: word,
  knode_bus: embed(klist_node),
  klist_devices: embed(klist_set),
})
export type Driver = Addr<'device_driver'>

export const class_struct = struct('class', {
  subsys: embed(kset),
  /** Id of device_releases for devices without one of their own. */
  dev_release: word,
  klist_devices: embed(klist_set),
  /** Directories named for the class below parent devices of other classes. */
  glue_dirs: guarded_by('gdp_mutex', embed(list_head)),
})
export type Class = Addr<'class'>

export const class_dir = struct('class_dir', {
  kobj: embed(kobject),
  class: ptr('class'),
  /** Devices that are in the directory, or on their way into it. */
  users: guarded_by('gdp_mutex', word),
  node: guarded_by('gdp_mutex', embed(list_head)),
})

/** What a bus does. Each is optional. */
export interface BusOps {
  /** 1 if the driver can serve the device, 0 if not. Without it every driver matches. */
  readonly match?: (dev: Device, drv: Driver) => number
  /** In place of the driver's probe and remove. */
  readonly probe?: (dev: Device) => number
  readonly remove?: (dev: Device) => void
  /** Id of define_groups that every device of the bus gets. */
  readonly dev_groups?: number
}
export const bus_ops = new OpsTable<BusOps>('bus_ops')

/** What a driver does. */
export interface DriverOps {
  /** Takes the device: 0 or a negative errno. device_lock is held. */
  readonly probe?: (dev: Device) => number
  /** Gives the device up; cannot refuse. device_lock is held. */
  readonly remove?: (dev: Device) => void
  /** Makes the user's file, where the bus has that done after the probe: 0 or a negative errno. device_lock is held. */
  readonly publish?: (dev: Device) => number
  /** Id of define_groups that a bound device gets. */
  readonly dev_groups?: number
}
export const driver_ops = new OpsTable<DriverOps>('driver_ops')

/** Frees a device whose last reference is gone. */
export const device_releases = new OpsTable<(dev: Device) => void>('device release')

/** Called for BUS_NOTIFY_* events, under the read side of notifier_rwsem. */
export const bus_notifiers = new OpsTable<(event: number, dev: Device) => void>('bus notifier')
