/**
 * What user space is told of a parent: the link in /sys/class/mdev_bus, the log lines, the uevents.
 *
 * Known flaw   without the lock of the list (89345d5177aa, 6.1, until ff598081e5b9, 6.5) two first registrations both find no class: the
 *              second to make one fails, and takes the first one's away from all who come later.
 * Source       class_compat_register and class_compat_create_link in mdev_register_device; the MDEV_STATE uevents came with 1e4d09d2212d (5.3)
 */
import { read, READ_ONCE, WRITE_ONCE } from '#access'
import { trace_point } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import {
  class_compat_create_link,
  class_compat_register,
  class_compat_remove_link,
  class_compat_unregister,
} from '../kernel/device/class.ts'
import { dev_printk } from '../kernel/device/device.ts'
import { device } from '../kernel/device/device_struct.ts'
import { KERN_INFO, KERN_WARNING } from '../kernel/printk.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { kobject_uevent_env } from '../kernel/uevent.ts'
import { KOBJ_CHANGE } from '../kernel/uevent_record.ts'
import { rootAddr } from '../mem/arena.ts'
import { mdev_globals } from './types.ts'

const ROOT = rootAddr('mdev')
const COMPAT = mdev_globals.offset.compat_class
const REGISTERED = static_name('MDEV: Registered')
const UNREGISTERING = static_name('MDEV: Unregistering')
const NO_LINK = static_name('Failed to create compatibility class link')
const STATE_REGISTERED = static_name('MDEV_STATE=registered')
const STATE_UNREGISTERED = static_name('MDEV_STATE=unregistered')

const MDEV_BUS = static_name('mdev_bus')

function compat(): Addr<'kobject'> {
  return as(READ_ONCE(read(ROOT) + COMPAT))
}

/** Makes the class, if there is none yet: 0 or -ENOMEM. */
export function mdev_compat_make(): number {
  if (compat() !== 0) return 0
  trace_point('mdev_compat_make:none')
  const made = class_compat_register(qstr_of(MDEV_BUS))
  WRITE_ONCE(read(ROOT) + COMPAT, Math.max(made, 0))
  return made > 0 ? 0 : -ENOMEM
}

/** As after the load of the module: no parent has been registered. For races; no parent may be there. */
export function mdev_compat_unmake(): void {
  class_compat_unregister(compat())
  WRITE_ONCE(read(ROOT) + COMPAT, 0)
}

/** Links the parent into /sys/class/mdev_bus; a failure is only a warning. */
export function mdev_compat_link(dev: Addr<'device'>): void {
  if (class_compat_create_link(compat(), dev) !== 0) dev_printk(KERN_WARNING, dev, NO_LINK)
}

/** Removes the link. */
export function mdev_compat_unlink(dev: Addr<'device'>): void {
  dev_printk(KERN_INFO, dev, UNREGISTERING)
  class_compat_remove_link(compat(), dev)
}

/** Tells of the registration, or of its end. No mdev lock is held. */
export function mdev_announce(dev: Addr<'device'>, registered: boolean): void {
  if (registered) dev_printk(KERN_INFO, dev, REGISTERED)
  kobject_uevent_env(device.at.kobj(dev), KOBJ_CHANGE, registered ? STATE_REGISTERED : STATE_UNREGISTERED)
}
