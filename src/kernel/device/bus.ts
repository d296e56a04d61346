/**
 * Buses: registration, the directories /sys/bus/<bus>/{devices,drivers}, walks over their devices.
 *
 * Context  sleeps.
 * Source   drivers/base/bus.c
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { ENODEV } from '../../base/errno.ts'
import { init_rwsem } from '../../sync/index.ts'
import { define_attribute } from './attribute.ts'
import { bus_klist_ops } from './bus_device.ts'
import { device_attach } from './dd.ts'
import { dev_name, get_device, put_device } from './device.ts'
import { bus_type, device, type Bus, type Device } from './device_struct.ts'
import { kobject_synth_uevent } from './device_uevent.ts'
import { klist_init } from './klist.ts'
import { klist_set_for_each, klist_set_init } from './klist_set.ts'
import { bus_kset } from './kobject_globals.ts'
import { kobject_set_name } from './kobject.ts'
import { kobj_types, kobject, type Kobject } from './kobject_struct.ts'
import { kset_create_and_add, kset_init, kset_register, kset_unregister } from './kset.ts'
import { name_text } from '../qstr.ts'
import { qstr_of, static_name } from '../static_name.ts'
import { sysfs_create_file, sysfs_remove_file } from '../sysfs.ts'
import { kset_uevent_ops } from '../uevent.ts'

const B = bus_type.offset
const DEVICES = static_name('devices')
const DRIVERS = static_name('drivers')
const ofKnode = device.of.knode_bus

const bus_ktype = kobj_types.define('bus', { release: () => {} })

/** Only a bus itself sends the uevents of /sys/bus; the ksets and kobjects below it do not. */
export const bus_uevent_ops = kset_uevent_ops.define('bus_uevent_ops', {
  filter: (kobj) => read(kobj + kobject.offset.ktype) === bus_ktype,
})

const autoprobe = define_attribute<'bus_type'>('bus.drivers_autoprobe', {
  name: 'drivers_autoprobe',
  mode: 0o644,
  show: (bus) => `${READ_ONCE(bus + B.drivers_autoprobe)}\n`,
  store: (bus, text) => {
    WRITE_ONCE(bus + B.drivers_autoprobe, text.startsWith('0') ? 0 : 1)
    return text.length
  },
})
const drivers_probe = define_attribute<'bus_type'>('bus.drivers_probe', {
  name: 'drivers_probe',
  mode: 0o200,
  store: (bus, text) => {
    const dev = bus_find_device_by_name(bus, text)
    if (dev === 0) return -ENODEV
    device_attach(dev)
    put_device(dev)
    return text.length
  },
})
const uevent = define_attribute<'bus_type'>('bus.uevent', {
  name: 'uevent',
  mode: 0o200,
  store: (bus, text) => kobject_synth_uevent(as(bus), text),
})
const files = [uevent, drivers_probe, autoprobe]

function subdir(bus: Bus, key: number): number {
  return kset_create_and_add(qstr_of(key), 0, as<'kobject'>(bus))
}

function make_files(kobj: Kobject): number {
  for (let i = 0; i < files.length; i++) {
    const error = sysfs_create_file(kobj, files[i] as number)
    if (error === 0) continue
    while (i-- > 0) sysfs_remove_file(kobj, files[i] as number)
    return error
  }
  return 0
}

function make_dirs(bus: Bus): number {
  const devices = subdir(bus, DEVICES)
  if (devices < 0) return devices
  const drivers = subdir(bus, DRIVERS)
  const error = drivers < 0 ? drivers : make_files(as(bus))
  if (error === 0) {
    write(bus + B.devices_kset, devices)
    write(bus + B.drivers_kset, drivers)
    return 0
  }
  if (drivers > 0) kset_unregister(as(drivers))
  kset_unregister(as(devices))
  return error
}

/**
 * Registers a bus whose memory is zeroed and lives at least until bus_unregister.
 * @param name its directory below /sys/bus
 * @param ops id of bus_ops
 * @returns 0 or a negative errno
 */
export function bus_register(bus: Bus, name: Addr<'qstr'>, ops: number): number {
  const sub = bus_type.at.subsys(bus)
  kset_init(sub, bus_ktype)
  kobject_set_name(as(bus), name)
  write(bus + kobject.offset.kset, bus_kset())
  write(bus + kobject.offset.parent, NULL)
  write(bus + B.ops, ops)
  write(bus + B.drivers_autoprobe, 1)
  klist_set_init(bus_type.at.klist_devices(bus), bus_klist_ops)
  klist_init(bus_type.at.klist_drivers(bus), 0)
  init_rwsem(bus_type.at.notifier_rwsem(bus), '&(priv->bus_notifier)->rwsem')
  let error = kset_register(sub)
  if (error !== 0) return error
  error = make_dirs(bus)
  if (error !== 0) kset_unregister(sub)
  return error
}

/** Removes a bus without devices and drivers. */
export function bus_unregister(bus: Bus): void {
  for (const file of files) sysfs_remove_file(as(bus), file)
  kset_unregister(as(read(bus + B.drivers_kset)))
  kset_unregister(as(read(bus + B.devices_kset)))
  kset_unregister(bus_type.at.subsys(bus))
}

/** Calls `fn` for each device of the bus. Stops at the first non-zero result and returns it. */
export function bus_for_each_dev(bus: Bus, fn: (dev: Device) => number): number {
  return klist_set_for_each(bus_type.at.klist_devices(bus), (n) => fn(ofKnode(n)))
}

/** Finds a device by its name's text, one trailing newline allowed, and references it; NULL if there is none. */
export function bus_find_device_by_name(bus: Bus, text: string): Device {
  const wanted = text.endsWith('\n') ? text.slice(0, -1) : text
  const found = bus_for_each_dev(bus, (dev) => {
    return name_text(dev_name(dev)) === wanted ? get_device(dev) : 0
  })
  return as(found)
}
