/**
 * Start of the TPM subsystem on the boot CPU, after chardev_subsystems_init.
 */
import { read, READ_ONCE, write } from '#access'
import { as } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { register_chrdev_region, unregister_chrdev_region } from '../../kernel/cdev/cdev.ts'
import { class_create, class_destroy } from '../../kernel/device/class.ts'
import type { Module } from '../../kernel/module_struct.ts'
import { pci_unregister_driver } from '../../kernel/pci/pci.ts'
import { qstr_of, static_name } from '../../kernel/static_name.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { kmem_cache_active, kmem_cache_create } from '../../mem/slab.ts'
import { tpm_fops } from './fops.ts'
import { tpm_chip, tpm_file, tpm_globals, TPM_MAX, tpm_root } from './types.ts'
import { vtpm, vtpm_driver_init } from './vtpm.ts'

const ROOT = rootAddr('tpm')
const G = tpm_globals.offset
const TPM = static_name('tpm')

/** Makes the class, the major number and the driver of the cards. `owner`: its module. Returns 0 or a negative errno. */
export function tpm_init(owner: Module = as(0)): number {
  const g = alloc_boot(tpm_globals.words)
  const numbers = alloc_boot(TPM_MAX / 32)
  const caches = [tpm_chip, tpm_file, vtpm].map(kmem_cache_create)
  if (g === 0 || numbers === 0 || caches.includes(as(0))) return -ENOMEM
  write(ROOT, g)
  write(g + G.numbers, numbers)
  write(g + G.chip_cache, caches[0] as number)
  write(g + G.file_cache, caches[1] as number)
  write(g + G.vtpm_cache, caches[2] as number)
  write(g + G.major, register_chrdev_region())
  write(g + G.fops, tpm_fops)
  write(g + G.owner, owner)
  const cls = class_create(qstr_of(TPM))
  if (cls < 0) return cls
  write(g + G.class, cls)
  return vtpm_driver_init()
}

/** Unbinds the cards; driver, class and number go. The exit of its module, so no file is open. */
export function tpm_exit(): void {
  const g = tpm_root()
  pci_unregister_driver(as(read(g + G.driver)))
  class_destroy(as(read(g + G.class)))
  unregister_chrdev_region(read(g + G.major))
}

/** Chips, open files and lower objects in memory, and operations that ran after the fence. When no CPU runs. Allocates. */
export function tpm_counts(): { chips: number; files: number; lowers: number; late: number } {
  const g = tpm_root()
  const active = (field: number): number => kmem_cache_active(as(read(g + field)))
  return {
    chips: active(G.chip_cache),
    files: active(G.file_cache),
    lowers: active(G.vtpm_cache),
    late: READ_ONCE(g + G.late),
  }
}
