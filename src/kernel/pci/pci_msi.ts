/**
 * MSI vectors of a PCI device.
 *
 * Invariant   a vector's number is given back only when nobody has requested it: freeing one that still has a handler is
 *             a kernel BUG. A driver that hangs its handler on another device than the one its vectors belong to runs
 *             into it when that device outlives the unbind.
 * Context     sleeps; dev->mutex of the PCI device is held (probe, remove, devres at unbind).
 * Source      drivers/pci/msi.c
 */
import { read, write, WRITE_ONCE } from '#access'
import { EBUSY, EINVAL } from '../../base/errno.ts'
import { irq_alloc_desc, irq_free_desc, irq_has_action } from '../irq.ts'
import { dev_name } from '../device/device.ts'
import { oops } from '../oops.ts'
import { mmio_hw } from './pci_mmio.ts'
import { PCI_MAX_VECTORS, pci_dev, type PciDev } from './pci_struct.ts'

const P = pci_dev.offset
const MSI = mmio_hw.offset.msi

function give_back(pdev: PciDev, from: number): void {
  for (let i = from - 1; i >= 0; i--) irq_free_desc(read(pdev + P.irqs + i))
}

/**
 * Allocates `n` vectors and lets the device use the first.
 * @returns n, -EINVAL for more than the device can have, -EBUSY if it has vectors, -ENOSPC
 */
export function pci_alloc_irq_vectors(pdev: PciDev, n: number): number {
  if (n < 1 || n > PCI_MAX_VECTORS) return -EINVAL
  if (read(pdev + P.msi_enabled) === 1) return -EBUSY
  for (let i = 0; i < n; i++) {
    const irq = irq_alloc_desc()
    if (irq < 0) {
      give_back(pdev, i)
      return irq
    }
    write(pdev + P.irqs + i, irq)
  }
  write(pdev + P.nvec, n)
  write(pdev + P.msi_enabled, 1)
  WRITE_ONCE(read(pdev + P.hw) + MSI, read(pdev + P.irqs))
  return n
}

/** Number of the i-th vector, or -EINVAL. */
export function pci_irq_vector(pdev: PciDev, i: number): number {
  if (read(pdev + P.msi_enabled) === 0 || i < 0 || i >= read(pdev + P.nvec)) return -EINVAL
  return read(pdev + P.irqs + i)
}

function free_msi_irqs(pdev: PciDev): void {
  for (let i = 0; i < read(pdev + P.nvec); i++) {
    if (irq_has_action(read(pdev + P.irqs + i))) {
      oops('kernel BUG at drivers/pci/msi.c:371! (irq_has_action)', 0, dev_name(pci_dev.at.dev(pdev)))
    }
  }
  give_back(pdev, read(pdev + P.nvec))
  write(pdev + P.nvec, 0)
}

/**
 * Takes the device's vectors away. Without any: nothing.
 * @throws Oops (BUG) while one of them still has a handler
 */
export function pci_disable_msi(pdev: PciDev): void {
  if (read(pdev + P.msi_enabled) === 0) return
  write(pdev + P.msi_enabled, 0)
  WRITE_ONCE(read(pdev + P.hw) + MSI, 0)
  free_msi_irqs(pdev)
}
