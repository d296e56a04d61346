/**
 * Start of the TPM subsystem on the boot CPU, after chardev_subsystems_init.
 */
import { read, READ_ONCE, write } from '#access'
import { as } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import type { Module } from '../../kernel/module_struct.ts'
import { chardev_counts, pci_chardevs_exit, pci_chardevs_init } from '../../kernel/pci/pci_chardev.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { kmem_cache_active, kmem_cache_create } from '../../mem/slab.ts'
import { tpm_fops } from './fops.ts'
import { tpm_globals, tpm_root } from './types.ts'
import { TPM, vtpm } from './vtpm.ts'

const ROOT = rootAddr('tpm')
const G = tpm_globals.offset

/** Makes the class, the major number and the driver of the cards. `owner`: its module. Returns 0 or a negative errno. */
export function tpm_init(owner: Module = as(0)): number {
  const g = alloc_boot(tpm_globals.words)
  const cache = kmem_cache_create(vtpm)
  if (g === 0 || cache === 0) return -ENOMEM
  write(ROOT, g)
  write(g + G.vtpm_cache, cache)
  return pci_chardevs_init(g, { ...TPM, fops: tpm_fops, owner })
}

/** Unbinds the cards; driver, class and number go. The exit of its module, so no file is open. */
export function tpm_exit(): void {
  pci_chardevs_exit(tpm_root())
}

/** Chips, open files and lower objects in memory, and operations that ran after the fence. When no CPU runs. Allocates. */
export function tpm_counts(): { chips: number; files: number; lowers: number; late: number } {
  const g = tpm_root()
  const { devices, files } = chardev_counts(g)
  const lowers = kmem_cache_active(as(read(g + G.vtpm_cache)))
  return { chips: devices, files, lowers, late: READ_ONCE(g + G.late) }
}
