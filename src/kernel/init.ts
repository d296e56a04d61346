/**
 * Start of the kernel: `kernel_init` on the boot CPU makes every global and the skeleton of /sys. The other CPUs have nothing
 * to start: all state is in the arena.
 */
import { write } from '#access'
import { ENOMEM } from '../base/errno.ts'
import { as, NULL } from '../base/addr.ts'
import { bus_uevent_ops } from './device/bus.ts'
import { device_globals_init } from './device/device_root.ts'
import { device_uevent_ops } from './device/device_uevent.ts'
import { devres_init } from './device/devres.ts'
import { devtmpfs_init } from './device/devtmpfs.ts'
import { files_init } from './file.ts'
import { kernfs_init } from './kernfs/node.ts'
import {
  devices_kset,
  kobject_globals,
  kobject_globals_init,
  kobject_root,
} from './device/kobject_globals.ts'
import { kobject_create_and_add } from './device/kobject.ts'
import { kset_create_and_add } from './device/kset.ts'
import { modules_init } from './module.ts'
import { printk_init } from './printk.ts'
import { REPORT_WORDS } from './report.ts'
import { lock_bit, second_order_bits, type SecondOrder } from './second_order.ts'
import { qstr_of, static_name, static_names_init } from './static_name.ts'
import { uevent_init } from './uevent.ts'

/** What a machine may choose about its kernel. */
export interface KernelOptions {
  /**
   * The serialisation that is not mdev's own: all of it (default), none, or the locks named; the others are sharded or
   * skipped. See second_order.ts.
   */
  readonly secondOrder?: SecondOrder
  /** With devtmpfs among the second-order locks: microseconds that its thread is busy with one node. Default 0. */
  readonly devtmpfsUs?: number
  /** Devices that the machine is to hold: how large the hash of /sys is. Default: a few thousand. */
  readonly devices?: number
  /** Records the log keeps, a power of two. Default 2048. */
  readonly logRecords?: number
  /** Uevents kept, a power of two. Default 1024. */
  readonly ueventRecords?: number
  /** WARN and Oops reports kept, a power of two. Default 128. */
  readonly reports?: number
}

const DEVICES = static_name('devices')
const VIRTUAL = static_name('virtual')
const BUS = static_name('bus')
const CLASS = static_name('class')
const MODULE = static_name('module')
const KERNEL = static_name('kernel')
const G = kobject_globals.offset

/**
 * Starts the kernel on the boot CPU. Strings (strings_init) must be there.
 * @returns 0, or -ENOMEM when the arena is too small
 */
export function kernel_init(options: KernelOptions = {}): number {
  const {
    secondOrder = true,
    devtmpfsUs = 0,
    devices = 0,
    logRecords = 2048,
    ueventRecords = 1024,
    reports = 128,
  } = options
  const bits = second_order_bits(secondOrder)
  const ready =
    static_names_init() &&
    printk_init(logRecords, reports, REPORT_WORDS) &&
    kobject_globals_init(secondOrder) &&
    kernfs_init((bits & lock_bit('kernfs')) !== 0, devices) &&
    files_init() &&
    uevent_init((bits & lock_bit('uevent')) !== 0, ueventRecords) &&
    ((bits & lock_bit('devtmpfs')) === 0 || devtmpfs_init(devtmpfsUs)) &&
    device_globals_init() &&
    devres_init() &&
    modules_init()
  return ready ? make_skeleton() : -ENOMEM
}

function publish(field: number, made: number): number {
  if (made > 0) write(kobject_root() + field, made)
  return Math.min(made, 0)
}

function make_skeleton(): number {
  return (
    publish(G.devices_kset, kset_create_and_add(qstr_of(DEVICES), device_uevent_ops, NULL)) ||
    publish(G.virtual_dir, kobject_create_and_add(qstr_of(VIRTUAL), as(devices_kset()))) ||
    publish(G.bus_kset, kset_create_and_add(qstr_of(BUS), bus_uevent_ops, NULL)) ||
    publish(G.class_kset, kset_create_and_add(qstr_of(CLASS), 0, NULL)) ||
    publish(G.module_kset, kset_create_and_add(qstr_of(MODULE), 0, NULL)) ||
    publish(G.kernel_kobj, kobject_create_and_add(qstr_of(KERNEL), NULL))
  )
}
