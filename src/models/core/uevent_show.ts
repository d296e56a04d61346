/**
 * Models of a device's uevent file, which names the device's driver, beside that driver's end: the code before and its three repairs.
 *
 *   up to 6.9        dev->driver is read without any lock: the code before c0a40097f0bc
 *   c0a40097f0bc     device_lock in the show function (6.10-rc4). Who removes the file with device_lock held waits for ever
 *   15fffc6a5624     a reader of RCU, and a grace period in module_remove_driver (6.11-rc2). Taken out again for a regression that
 *                    has nothing to do with this race (9a71892cbcdb, 6.12-rc6)
 *   18daa52418e7     the lock of the bus's list of drivers (CVE-2025-37800; 6.14.5): unregistering a driver is said to take it,
 *                    too. It does so before it detaches the devices, not after: a show function that takes it in between reads a
 *                    driver that nobody waits for. What saves the driver of a module is that freeing a module waits for
 *                    a grace period of RCU, whose reader a holder of a spinlock is
 *
 * The commits were read, and bus_remove_driver of 6.x; that no driver outside a module is freed early was not looked into.
 */
import { read, READ_ONCE } from '#access'
import { trace_free } from '#trace'
import { as } from '../../base/addr.ts'
import { fence_domains_init, rcu_read_lock, rcu_read_unlock, synchronize_rcu } from '../../fences/domains.ts'
import { define_attribute } from '../../kernel/device/attribute.ts'
import {
  device_create_file,
  device_lock,
  device_remove_file,
  device_unlock,
} from '../../kernel/device/device.ts'
import { bus_type, device, device_driver, type Device } from '../../kernel/device/device_struct.ts'
import { driver_unregister } from '../../kernel/device/driver.ts'
import { klist } from '../../kernel/device/klist.ts'
import { kobject } from '../../kernel/device/kobject_struct.ts'
import { O_RDONLY } from '../../kernel/file.ts'
import { name_text } from '../../kernel/qstr.ts'
import { spin_lock, spin_unlock } from '../../sync/index.ts'
import { check, type Model } from '../../define/model.ts'
import { named } from '../bodies.ts'
import { familyOver } from '../family.ts'
import { machine, type Body, type Machine } from './machine.ts'
import { added, cat, open, tidy } from './machine_bodies.ts'
import { BOOTED } from './world.ts'

const D = device.offset
const NAME = kobject.offset.name

/** What all of them do: the driver's name, if there is one. */
function driver_line(dev: Device): string {
  const driver = READ_ONCE(dev + D.driver)
  return driver === 0 ? '' : `DRIVER=${name_text(as(driver + NAME))}\n`
}
function list_lock(bus: number): ReturnType<typeof klist.at.k_lock> {
  return klist.at.k_lock(bus_type.at.klist_drivers(as(bus)))
}

/** The show functions. */
const SHOW = {
  before: driver_line,
  lock(dev: Device) {
    device_lock(dev)
    const line = driver_line(dev)
    device_unlock(dev)
    return line
  },
  rcu(dev: Device) {
    const token = rcu_read_lock()
    const line = driver_line(dev)
    rcu_read_unlock(token)
    return line
  },
  /** Who holds a spinlock is not preempted, and so is a reader of RCU. */
  list(dev: Device) {
    const lock = list_lock(read(dev + D.bus))
    spin_lock(lock)
    const line = SHOW.rcu(dev)
    spin_unlock(lock)
    return line
  },
} as const
type Way = keyof typeof SHOW

const attributes = Object.fromEntries(
  Object.entries(SHOW).map(([way, show]) => [
    way,
    define_attribute<'device'>(`explored_uevent.${way}`, { name: `uevent_${way}`, mode: 0o444, show }),
  ]),
) as Record<Way, number>

/** A bound device with the file, open. */
const boundWith = (way: Way) => (s: Machine) => {
  check(fence_domains_init() === 0, 'fence_domains_init')
  added('drv', 'one')(s)
  check(device_create_file(as(s.one), attributes[way]) === 0, 'device_create_file')
  return { file: open(`/sys/bus/b/devices/one/uevent_${way}`, O_RDONLY) }
}

const show = named('uevent_show', cat(0, 'file'))

/** The driver is unregistered, and its memory freed after what `wait` does. */
const rmmod = (wait: (s: Machine) => void): Body =>
  named('driver_exit', (s) => {
    driver_unregister(as(s.drv))
    wait(s)
    trace_free(s.drv, device_driver.words, device_driver.name)
  })
const atOnce = (): void => {}
/** What would close it: the lock is taken once more, when no device has the driver any longer. */
function passLock({ bus }: Machine): void {
  spin_lock(list_lock(bus))
  spin_unlock(list_lock(bus))
}

/** Removes the file with device_lock held, as paths do that the second repair names. */
const removeLocked =
  (way: Way): Body =>
  ({ one }) => {
    device_lock(as(one))
    device_remove_file(as(one), attributes[way])
    device_unlock(as(one))
  }

const model = familyOver<Machine, Way>(
  (way) => machine(false, 2, boundWith(way)),
  { finish: (s) => tidy(s), ...BOOTED, fold: ['mem', 'sync', 'kernel'] },
  'uevent-show-',
)
const FREED = { expect: 'use after free' } as const

/** The models. */
export const ueventShows: readonly Model[] = [
  model(
    'before',
    'up to 6.9, before c0a40097f0bc: uevent is read ‖ the driver goes',
    'before',
    [show, rmmod(atOnce)],
    FREED,
  ),
  model('lock', 'device_lock (c0a40097f0bc): uevent is read ‖ the driver goes', 'lock', [
    show,
    rmmod(atOnce),
  ]),
  model(
    'lock-removal',
    'device_lock: uevent is read ‖ the file is removed by who holds it',
    'lock',
    [show, removeLocked('lock')],
    { expect: 'deadlock' },
  ),
  model('rcu', 'RCU (15fffc6a5624): uevent is read ‖ the driver goes', 'rcu', [show, rmmod(synchronize_rcu)]),
  model('rcu-removal', 'RCU: uevent is read ‖ the file is removed by who holds device_lock', 'rcu', [
    show,
    removeLocked('rcu'),
  ]),
  model(
    'list',
    'list lock (18daa52418e7): uevent is read ‖ a driver goes that is no module',
    'list',
    [show, rmmod(atOnce)],
    FREED,
  ),
  model('list-module', 'list lock: uevent is read ‖ a module goes, freed after a grace period', 'list', [
    show,
    rmmod(synchronize_rcu),
  ]),
  model(
    'list-repaired',
    'list lock, also taken after the detaching: uevent is read ‖ the driver goes',
    'list',
    [show, rmmod(passLock)],
  ),
]
