/**
 * A driver whose cards are character devices: what all such drivers have, from the class to the numbers in use. A driver's own globals
 * begin with it, so their address is its address.
 *
 * Context   pci_chardevs_init and _exit: boot CPU, and the exit of the driver's module, when no file is open. The rest: as the caller.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { ida_alloc, ida_free } from '../../mem/bitmap.ts'
import { ptr, struct, word, type Layout } from '../../mem/layout.ts'
import { kmem_cache_active, kmem_cache_create, kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import { cdev_init, register_chrdev_region, unregister_chrdev_region } from '../cdev/cdev.ts'
import { MKDEV, type Cdev } from '../cdev/cdev_struct.ts'
import { class_create, class_destroy } from '../device/class.ts'
import { device_initialize, dev_name } from '../device/device.ts'
import { device, type Device } from '../device/device_struct.ts'
import type { Module } from '../module_struct.ts'
import { qstr_set_number } from '../qstr.ts'
import { qstr_of, string_of } from '../static_name.ts'
import { pci_register_driver, pci_unregister_driver } from './pci.ts'
import { pci_driver } from './pci_struct.ts'

export const pci_chardevs = struct('pci_chardevs', {
  class: ptr('class'),
  driver: ptr('pci_driver'),
  /** The module that open files keep; NULL for built-in. */
  owner: ptr('module'),
  /** Key of the name that devices and class have. */
  name: word,
  major: word,
  fops: word,
  device_cache: ptr('kmem_cache'),
  file_cache: ptr('kmem_cache'),
  /** Numbers in use: bitmap of `most`. Atomic. */
  numbers: word,
  most: word,
  /** Minor numbers of a device. */
  minors: word,
  /** Id of what the last put of a device does. */
  release: word,
})
const K = pci_chardevs.offset
const D = device.offset

/** What they are, and the driver of their cards. */
export interface PciChardevs {
  /** Keys of the name that devices and class have, and of that of the driver. */
  readonly name: number
  readonly driverName: number
  /** Layouts of a device and of an open file. */
  readonly device: Layout
  readonly file: Layout
  /** Devices that can be there at once, and minor numbers of each. */
  readonly most: number
  readonly minors: number
  /** Id of device_releases. */
  readonly release: number
  readonly fops: number
  readonly owner: Module
  /** pci_slot.id of the cards, and pci_driver_ops. */
  readonly id: number
  readonly driver: number
}

/** Makes class, major number, caches, and registers the driver. Returns 0 or a negative errno. */
export function pci_chardevs_init(at: number, what: PciChardevs): number {
  const numbers = alloc_boot(what.most / 32)
  const caches = [what.device, what.file].map(kmem_cache_create)
  if (numbers === 0 || caches.includes(as(0))) return -ENOMEM
  for (const key of ['owner', 'name', 'fops', 'most', 'minors', 'release'] as const)
    write(at + K[key], what[key])
  write(at + K.device_cache, caches[0] as number)
  write(at + K.file_cache, caches[1] as number)
  write(at + K.numbers, numbers)
  write(at + K.major, register_chrdev_region())
  const cls = class_create(qstr_of(what.name))
  if (cls < 0) return cls
  write(at + K.class, cls)
  const drv = alloc_boot(pci_driver.words) as Addr<'pci_driver'>
  write(at + K.driver, drv)
  return drv === 0 ? -ENOMEM : pci_register_driver(drv, what.driverName, what.id, what.driver)
}

/** Unbinds the cards; driver, class and major number go. */
export function pci_chardevs_exit(at: number): void {
  pci_unregister_driver(as(read(at + K.driver)))
  class_destroy(as(read(at + K.class)))
  unregister_chrdev_region(read(at + K.major))
}

/** Cache of what an open file keeps. */
export function chardev_file_cache(at: number): Addr<'kmem_cache'> {
  return as(read(at + K.file_cache))
}

/** Zeroed memory of a device with a number, which is kept at `field`. Returns it, -ENOMEM or -ENOSPC. */
export function chardev_alloc(at: number, layout: Layout, field: number): number {
  const number = ida_alloc(read(at + K.numbers), read(at + K.most))
  if (number < 0) return number
  const object = kmem_cache_zalloc(as<'kmem_cache'>(read(at + K.device_cache)), layout)
  if (object === 0) ida_free(read(at + K.numbers), number)
  else write(object + field, number)
  return object === 0 ? -ENOMEM : object
}

/** What its last put does. */
export function chardev_free(at: number, layout: Layout, object: number, field: number): void {
  ida_free(read(at + K.numbers), read(object + field))
  kmem_cache_free(as(read(at + K.device_cache)), layout, as(object))
}

/** Makes the device and the cdev of a number: one reference, not yet known to anybody. */
export function chardev_initialize(
  at: number,
  dev: Device,
  cdev: Cdev,
  parent: Device,
  number: number,
): void {
  device_initialize(dev)
  qstr_set_number(dev_name(dev), string_of(read(at + K.name)), number)
  write(dev + D.class, read(at + K.class))
  write(dev + D.major, read(at + K.major))
  write(dev + D.minor, number * read(at + K.minors))
  write(dev + D.parent, parent)
  write(dev + D.release, read(at + K.release))
  cdev_init(cdev, read(at + K.fops), as(read(at + K.owner)))
}

/** Device number of the first node of a device. */
export function chardev_devt(at: number, number: number): number {
  return MKDEV(read(at + K.major), number * read(at + K.minors))
}

/** Devices and open files in memory. When no CPU runs. Allocates. */
export function chardev_counts(at: number): { readonly devices: number; readonly files: number } {
  const active = (field: number): number => kmem_cache_active(as(read(at + field)))
  return { devices: active(K.device_cache), files: active(K.file_cache) }
}
