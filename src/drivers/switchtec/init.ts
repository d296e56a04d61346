/**
 * Start of the Switchtec driver on the boot CPU, after chardev_subsystems_init.
 */
import { read, write } from '#access'
import { as } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { hashName } from '../../base/ops.ts'
import { register_chrdev_region, unregister_chrdev_region } from '../../kernel/cdev/cdev.ts'
import { class_create, class_destroy } from '../../kernel/device/class.ts'
import type { Module } from '../../kernel/module_struct.ts'
import { pci_unregister_driver } from '../../kernel/pci/pci.ts'
import { qstr_of, static_name } from '../../kernel/static_name.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { kmem_cache_active, kmem_cache_create } from '../../mem/slab.ts'
import { switchtec_fops } from './fops.ts'
import { switchtec_driver_init } from './pci.ts'
import {
  MRPC_TIMEOUT_US,
  switchtec_dev,
  switchtec_globals,
  SWITCHTEC_MAX,
  switchtec_root,
  switchtec_user,
} from './types.ts'
import type { Wiring } from './wiring.ts'

const ROOT = rootAddr('switchtec')
const G = switchtec_globals.offset
const NAME = static_name('switchtec')

/**
 * Makes the class, the major number and the driver.
 * @param wiring how devices are wired
 * @param timeoutUs a lost interrupt is noticed after so many microseconds
 * @param owner its module
 * @returns 0 or a negative errno
 */
export function switchtec_init(
  wiring: Wiring,
  timeoutUs: number = MRPC_TIMEOUT_US,
  owner: Module = as(0),
): number {
  const g = alloc_boot(switchtec_globals.words)
  const numbers = alloc_boot(SWITCHTEC_MAX / 32)
  const caches = [switchtec_dev, switchtec_user].map(kmem_cache_create)
  if (g === 0 || numbers === 0 || caches.includes(as(0))) return -ENOMEM
  write(ROOT, g)
  write(g + G.numbers, numbers)
  write(g + G.stdev_cache, caches[0] as number)
  write(g + G.user_cache, caches[1] as number)
  write(g + G.major, register_chrdev_region())
  write(g + G.fops, switchtec_fops)
  write(g + G.owner, owner)
  write(g + G.wiring, hashName(wiring.name))
  write(g + G.timeout_us, timeoutUs)
  const cls = class_create(qstr_of(NAME))
  if (cls < 0) return cls
  write(g + G.class, cls)
  return switchtec_driver_init()
}

/** Unbinds the cards; driver, class and number go. The exit of its module, so no file is open. */
export function switchtec_exit(): void {
  const g = switchtec_root()
  pci_unregister_driver(as(read(g + G.driver)))
  class_destroy(as(read(g + G.class)))
  unregister_chrdev_region(read(g + G.major))
}

/** Devices and users in memory. When no CPU runs. Allocates. */
export function switchtec_counts(): { stdevs: number; users: number } {
  const g = switchtec_root()
  return {
    stdevs: kmem_cache_active(as(read(g + G.stdev_cache))),
    users: kmem_cache_active(as(read(g + G.user_cache))),
  }
}
