/**
 * The parents of a machine: GPUs or serial cards that can be plugged and unplugged, each registered with the mdev core.
 *
 * Invariant   a slot's device is set exactly while its parent is plugged. The words that hold a vendor's operations are
 *             poisoned at unplug and never used again: a late reader finds the poison, as in an unmapped module.
 * Context     process, may sleep. One CPU at a time plugs or unplugs a given slot.
 * Order       plug and unplug take parent_list_lock first.
 */
import { read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { ENODEV, ENOMEM } from '../base/errno.ts'
import { OpsTable } from '../base/ops.ts'
import { class_create, class_destroy, device_create, device_destroy } from '../kernel/device/class.ts'
import { driver_unregister } from '../kernel/device/driver.ts'
import type { Module } from '../kernel/module_struct.ts'
import { qstr, qstr_set_text } from '../kernel/qstr.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { embed, ptr, struct, word } from '../mem/layout.ts'
import { strategy } from '../mdev/core.ts'
import { vendors } from '../mdev/driver.ts'
import { mdev_register_driver } from '../mdev/init.ts'
import { mdev_register_device } from '../mdev/register.ts'
import { mdev_parent_ops, OPS_POISON } from '../mdev/types.ts'
import { mdev_unregister_device } from '../mdev/unregister.ts'

/** A kind of parent. */
export interface ParentKind {
  /** Id of its operations in the table of vendors. */
  readonly ops: number
  /** Words of the vendor's object. */
  readonly dataWords: number
  /** Id of driver_ops: the vendor's driver where the strategy wants one. Missing: it only makes and removes devices. */
  readonly driver?: number
  /** Prepares what all parents share, before the first: 0 or a negative errno. Boot CPU. */
  boot?(): number
  /** Puts a new object's values in place. */
  init(data: number): void
  /** The parent's device is there and about to be registered: 0 or a negative errno. */
  plugged?(data: number, dev: Addr<'device'>, index: number): number
  /** The parent is about to be unregistered. Undoes `plugged`. */
  unplugging?(data: number): void
  /** Name of the n-th parent's device. */
  deviceName(index: number): string
}

/** All kinds. */
export const parent_kinds = new OpsTable<ParentKind>('parent kind')

const parents_globals = struct('parents_globals', {
  kind: word,
  count: word,
  class: ptr('class'),
  driver: ptr('device_driver'),
  /** Character device number of the module that they belong to, 0 if it has none. */
  major: word,
  /** First slot: [device, operations, name]. */
  slots: word,
  /** Module that they belong to, NULL for built-in; and the parents of the module loaded before. */
  owner: ptr('module'),
  next: ptr('parents_globals'),
})
const slot_struct = struct('parent_slot', {
  dev: ptr('device'),
  ops: ptr('mdev_parent_ops'),
  name: embed(qstr),
})
const ROOT = rootAddr('parents')
const G = parents_globals.offset
const S = slot_struct.offset

function slot(index: number, g = read(ROOT)): Addr<'parent_slot'> {
  return as(read(g + G.slots) + index * slot_struct.words)
}

/** Parents of a module; the word that leads to them. */
function linkTo(owner: Module): number {
  let link = ROOT
  while (read(link) !== 0 && read(read(link) + G.owner) !== owner) link = read(link) + G.next
  return link
}

/**
 * Makes a class, the vendor's driver where the strategy wants one, and plugs all parents. Boot CPU.
 * @param kind id of parent_kinds
 * @param ops id of driver_ops for the vendor's driver; without it, the kind's
 * @param owner module of the driver, NULL for built-in
 * @returns 0 or a negative errno
 */
export function parents_init(
  kind: number,
  count: number,
  ops = parent_kinds.get(kind).driver,
  owner: Module = as(0),
): number {
  const g = alloc_boot(parents_globals.words)
  const slots = alloc_boot(slot_struct.words * count)
  if (g === 0 || slots === 0) return -ENOMEM
  write(g + G.owner, owner)
  write(g + G.next, read(ROOT))
  write(ROOT, g)
  write(g + G.kind, kind)
  write(g + G.count, count)
  write(g + G.slots, slots)
  const vendor = static_name(vendors.get(parent_kinds.get(kind).ops).name)
  const booted = parent_kinds.get(kind).boot?.() ?? 0
  if (booted !== 0) return booted
  if (strategy().sequence.vendorIsDriver) {
    const driver = mdev_register_driver(vendor, ops, owner)
    if (driver < 0) return driver
    write(g + G.driver, driver)
  }
  const cls = class_create(qstr_of(vendor))
  if (cls < 0) return cls
  write(g + G.class, cls)
  for (let index = 0; index < count; index++) {
    const ret = parent_plug(index)
    if (ret !== 0) return ret
  }
  return 0
}

/** Unplugs all parents of the module, then the vendor's driver and class go: the exit of his module. Waits for whoever uses a device. */
export function parents_exit(owner: Module): void {
  const link = linkTo(owner)
  const g = read(link)
  for (let index = 0; index < read(g + G.count); index++) unplug(g, index)
  const driver = as<'device_driver'>(read(g + G.driver))
  if (driver !== 0) driver_unregister(driver)
  class_destroy(as(read(g + G.class)))
  write(link, read(g + G.next))
}

/** Character device number of the module of the parents. */
export function parents_major(owner: Module): number {
  return read(read(linkTo(owner)) + G.major)
}

/** Notes it. After parents_init. */
export function parents_set_major(owner: Module, major: number): void {
  write(read(linkTo(owner)) + G.major, major)
}

/** Number of slots. */
export function parents_count(): number {
  return read(read(ROOT) + G.count)
}

/** Device of a plugged parent, NULL while it is unplugged. */
export function parent_device(index: number): Addr<'device'> {
  return as(READ_ONCE(slot(index) + S.dev))
}

/** Plugs a parent in: a device of the vendor's class, registered with the core. Returns 0 or a negative errno. */
export function parent_plug(index: number): number {
  const g = read(ROOT)
  const kind = parent_kinds.get(read(g + G.kind))
  const name = slot_struct.at.name(slot(index))
  const ops = alloc_boot(mdev_parent_ops.words + kind.dataWords, 2) as Addr<'mdev_parent_ops'>
  if (ops === 0) return -ENOMEM
  const data = ops + mdev_parent_ops.words
  kind.init(data)
  write(ops + mdev_parent_ops.offset.ops, kind.ops)
  write(ops + mdev_parent_ops.offset.data, data)
  const { max_instances = 0 } = vendors.get(kind.ops)
  write(ops + mdev_parent_ops.offset.available_instances, max_instances)
  const named = qstr_set_text(name, kind.deviceName(index))
  if (named !== 0) return named
  const dev = device_create(as(read(g + G.class)), as(0), 0, 0, name)
  if (dev < 0) return dev
  let ret = kind.plugged?.(data, as(dev), index) ?? 0
  if (ret === 0) {
    ret = mdev_register_device(as(dev), ops, as(read(g + G.driver)), index)
    if (ret !== 0) kind.unplugging?.(data)
  }
  if (ret !== 0) {
    device_destroy(as(dev))
    return ret
  }
  write(slot(index) + S.ops, ops)
  WRITE_ONCE(slot(index) + S.dev, dev)
  return 0
}

/** Registers the device of a plugged parent with the core once more. Returns what mdev_register_device does, or -ENODEV. */
export function parent_register(index: number): number {
  const dev = parent_device(index)
  if (dev === 0) return -ENODEV
  return mdev_register_device(dev, as(read(slot(index) + S.ops)), as(read(read(ROOT) + G.driver)), index)
}

/** The vendor's object of a plugged parent. */
export function parent_vendor_data(index: number): number {
  return read(read(slot(index) + S.ops) + mdev_parent_ops.offset.data)
}

/** Pulls a parent out: unregisters it, unmaps the vendor's operations, removes the device. 0 or -ENODEV. */
export function parent_unplug(index: number): number {
  return unplug(read(ROOT), index)
}

function unplug(g: number, index: number): number {
  const at = slot(index, g)
  const dev = as<'device'>(READ_ONCE(at + S.dev))
  if (dev === 0) return -ENODEV
  WRITE_ONCE(at + S.dev, 0)
  const data = read(read(at + S.ops) + mdev_parent_ops.offset.data)
  parent_kinds.get(read(g + G.kind)).unplugging?.(data)
  mdev_unregister_device(dev)
  WRITE_ONCE(read(at + S.ops) + mdev_parent_ops.offset.ops, OPS_POISON)
  device_destroy(dev)
  return 0
}

/** Devices of the type that could be made on the parent now; 0 while it is unplugged. */
export function parent_available(index: number, type: number): number {
  if (parent_device(index) === 0) return 0
  const ops = read(slot(index) + S.ops)
  const vendor = vendors.get(read(ops + mdev_parent_ops.offset.ops))
  if (strategy().coreCounts && vendor.max_instances !== undefined) {
    return READ_ONCE(ops + mdev_parent_ops.offset.available_instances)
  }
  return vendor.available(read(ops + mdev_parent_ops.offset.data), type)
}
