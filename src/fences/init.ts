/**
 * Start of the gadgets on the boot CPU, after chardev_subsystems_init.
 */
import { read, READ_ONCE, write } from '#access'
import { as } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { hashName } from '../base/ops.ts'
import { register_chrdev_region, unregister_chrdev_region } from '../kernel/cdev/cdev.ts'
import { class_create, class_destroy } from '../kernel/device/class.ts'
import type { Module } from '../kernel/module_struct.ts'
import { pci_unregister_driver } from '../kernel/pci/pci.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { kmem_cache_active, kmem_cache_create } from '../mem/slab.ts'
import { gadget_driver_init } from './card.ts'
import { fence_domains_init } from './domains.ts'
import type { FenceType } from './fence_struct.ts'
import { gadget_fops } from './fops.ts'
import { gadget, gadget_file, gadget_globals, GADGET_MAX, gadget_root } from './types.ts'

const ROOT = rootAddr('fences')
const G = gadget_globals.offset
const NAME = static_name('gadget')

/**
 * Makes the class, the major number and the driver of the cards.
 * @param type the fence that gadgets get
 * @param timeoutUs its time-out path, 0 for the usual 500 ms
 * @param owner its module
 * @returns 0 or a negative errno
 */
export function fences_init(type: FenceType, timeoutUs = 0, owner: Module = as(0)): number {
  const g = alloc_boot(gadget_globals.words)
  const numbers = alloc_boot(GADGET_MAX / 32)
  const caches = [gadget, gadget_file].map(kmem_cache_create)
  if (g === 0 || numbers === 0 || caches.includes(as(0))) return -ENOMEM
  write(ROOT, g)
  write(g + G.numbers, numbers)
  write(g + G.gadget_cache, caches[0] as number)
  write(g + G.file_cache, caches[1] as number)
  write(g + G.major, register_chrdev_region())
  write(g + G.fops, gadget_fops)
  write(g + G.owner, owner)
  write(g + G.kind, hashName(type.name))
  write(g + G.timeout_us, timeoutUs)
  write(g + G.newest, -1)
  const error = fence_domains_init()
  if (error !== 0) return error
  const cls = class_create(qstr_of(NAME))
  if (cls < 0) return cls
  write(g + G.class, cls)
  return gadget_driver_init()
}

/** Unbinds the cards; driver, class and number go. The exit of its module, so no file is open. */
export function fences_exit(): void {
  const g = gadget_root()
  pci_unregister_driver(as(read(g + G.driver)))
  class_destroy(as(read(g + G.class)))
  unregister_chrdev_region(read(g + G.major))
}

/** What is in memory, and what happened to gadgets that have been released. When no CPU runs. Allocates. */
export function gadget_counts(): {
  gadgets: number
  files: number
  late: number
  woken: number
  left: number
} {
  const g = gadget_root()
  return {
    gadgets: kmem_cache_active(as(read(g + G.gadget_cache))),
    files: kmem_cache_active(as(read(g + G.file_cache))),
    late: READ_ONCE(g + G.late),
    woken: READ_ONCE(g + G.woken),
    left: READ_ONCE(g + G.left),
  }
}
