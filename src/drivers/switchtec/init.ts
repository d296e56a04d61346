/**
 * Start of the Switchtec driver on the boot CPU, after chardev_subsystems_init.
 */
import { write } from '#access'
import { as } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { hashName } from '../../base/ops.ts'
import type { Module } from '../../kernel/module_struct.ts'
import { chardev_counts, pci_chardevs_exit, pci_chardevs_init } from '../../kernel/pci/pci_chardev.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { switchtec_fops } from './fops.ts'
import { SWITCHTEC } from './pci.ts'
import { MRPC_TIMEOUT_US, switchtec_globals, switchtec_root } from './types.ts'
import type { Wiring } from './wiring.ts'

const ROOT = rootAddr('switchtec')
const G = switchtec_globals.offset

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
  if (g === 0) return -ENOMEM
  write(ROOT, g)
  write(g + G.wiring, hashName(wiring.name))
  write(g + G.timeout_us, timeoutUs)
  return pci_chardevs_init(g, { ...SWITCHTEC, fops: switchtec_fops, owner })
}

/** Unbinds the cards; driver, class and number go. The exit of its module, so no file is open. */
export function switchtec_exit(): void {
  pci_chardevs_exit(switchtec_root())
}

/** Devices and users in memory. When no CPU runs. Allocates. */
export function switchtec_counts(): { stdevs: number; users: number } {
  const { devices, files } = chardev_counts(switchtec_root())
  return { stdevs: devices, users: files }
}
