/**
 * Start of the gadgets on the boot CPU, after chardev_subsystems_init.
 */
import { READ_ONCE, write } from '#access'
import { as } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { hashName } from '../base/ops.ts'
import type { Module } from '../kernel/module_struct.ts'
import { chardev_counts, pci_chardevs_exit, pci_chardevs_init } from '../kernel/pci/pci_chardev.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { GADGETS } from './card.ts'
import { fence_domains_init } from './domains.ts'
import type { FenceType } from './fence_struct.ts'
import { gadget_fops } from './fops.ts'
import { gadget_globals, gadget_root } from './types.ts'

const ROOT = rootAddr('fences')
const G = gadget_globals.offset

/**
 * Makes the class, the major number and the driver of the cards.
 * @param type the fence that gadgets get
 * @param timeoutUs its time-out path, 0 for the usual 500 ms
 * @param owner its module
 * @returns 0 or a negative errno
 */
export function fences_init(type: FenceType, timeoutUs = 0, owner: Module = as(0)): number {
  const g = alloc_boot(gadget_globals.words)
  if (g === 0) return -ENOMEM
  write(ROOT, g)
  write(g + G.kind, hashName(type.name))
  write(g + G.timeout_us, timeoutUs)
  write(g + G.newest, -1)
  return fence_domains_init() || pci_chardevs_init(g, { ...GADGETS, fops: gadget_fops, owner })
}

/** Unbinds the cards; driver, class and number go. The exit of its module, so no file is open. */
export function fences_exit(): void {
  pci_chardevs_exit(gadget_root())
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
  const { devices, files } = chardev_counts(g)
  return {
    gadgets: devices,
    files,
    late: READ_ONCE(g + G.late),
    woken: READ_ONCE(g + G.woken),
    left: READ_ONCE(g + G.left),
  }
}
