/**
 * Enabling a PCI device, and the managed forms whose undoing is recorded on the PCI device (devres.ts).
 *
 * Order of undoing   pcim_enable_device records first, so pcim_release runs last: handler, then mapping, then vectors and
 *                    the device itself.
 * Context            sleeps; dev->mutex is held.
 * Source             drivers/pci/pci.c (pcim_enable_device, pcim_release), lib/devres.c (pcim_iomap)
 */
import { fetch_add, fetch_sub, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { EBUSY, EIO, ENOMEM } from '../../base/errno.ts'
import { should_fail } from '../../mem/index.ts'
import type { Device } from '../device/device_struct.ts'
import { devm_add_action, devres_actions } from '../device/devres.ts'
import { free_irq, request_irq } from '../irq.ts'
import { WARN } from '../oops.ts'
import { pci_alloc_irq_vectors, pci_disable_msi } from './pci_msi.ts'
import { ioremap, iounmap, mmio_hw } from './pci_mmio.ts'
import { pci_dev, type PciDev } from './pci_struct.ts'

const P = pci_dev.offset
const MASTER = mmio_hw.offset.master
const DEV = pci_dev.at.dev
const ofDev = pci_dev.of.dev

/** Turns the device on; counted. Returns 0 or -EIO. */
export function pci_enable_device(pdev: PciDev): number {
  if (should_fail()) return -EIO
  fetch_add(pdev + P.enable_cnt, 1)
  return 0
}

/** Turns it off when as often called as pci_enable_device. */
export function pci_disable_device(pdev: PciDev): void {
  const before = fetch_sub(pdev + P.enable_cnt, 1)
  if (before <= 0) WARN('disabling already-disabled device')
  if (before === 1) pci_clear_master(pdev)
}

/** True while enabled. */
export function pci_is_enabled(pdev: PciDev): boolean {
  return READ_ONCE(pdev + P.enable_cnt) > 0
}

/** Lets the device write to memory: without it no MSI arrives. */
export function pci_set_master(pdev: PciDev): void {
  WRITE_ONCE(read(pdev + P.hw) + MASTER, 1)
}

/** Stops that. */
export function pci_clear_master(pdev: PciDev): void {
  WRITE_ONCE(read(pdev + P.hw) + MASTER, 0)
}

function pcim_release(dev: Device): void {
  const pdev = ofDev(dev)
  pci_disable_msi(pdev)
  write(pdev + P.regions, 0)
  write(pdev + P.is_managed, 0)
  pci_disable_device(pdev)
}
const PCIM_RELEASE = devres_actions.define('pcim_release', pcim_release)

/** pci_enable_device for as long as the driver is bound. Returns 0, -EIO or -ENOMEM. */
export function pcim_enable_device(pdev: PciDev): number {
  const error = pci_enable_device(pdev)
  if (error !== 0) return error
  if (devm_add_action(DEV(pdev), PCIM_RELEASE, 0) !== 0) {
    pci_disable_device(pdev)
    return -ENOMEM
  }
  write(pdev + P.is_managed, 1)
  return 0
}

function pcim_iomap_release(_dev: Device, cookie: number): void {
  iounmap(cookie)
}
const PCIM_IOMAP_RELEASE = devres_actions.define('pcim_iomap_release', pcim_iomap_release)

/**
 * Claims and maps the registers for as long as the driver is bound.
 * @returns the cookie for ioread32, -EBUSY (claimed already) or -ENOMEM
 */
export function pcim_iomap_regions(pdev: PciDev): number {
  if (read(pdev + P.regions) === 1) return -EBUSY
  const cookie = ioremap(read(pdev + P.hw))
  if (cookie === 0) return -ENOMEM
  if (devm_add_action(DEV(pdev), PCIM_IOMAP_RELEASE, cookie) !== 0) {
    iounmap(cookie)
    return -ENOMEM
  }
  write(pdev + P.regions, 1)
  return cookie
}

function devm_irq_release(_dev: Device, irq: number): void {
  free_irq(irq)
}
const DEVM_IRQ_RELEASE = devres_actions.define('devm_irq_release', devm_irq_release)

/**
 * request_irq, undone when the driver of `dev` leaves, or, for a device without a driver, at the last put of `dev`.
 * @returns 0 or a negative errno
 */
export function devm_request_irq(dev: Device, irq: number, handler: number, dev_id: number): number {
  const error = request_irq(irq, handler, dev_id)
  if (error !== 0) return error
  if (devm_add_action(dev, DEVM_IRQ_RELEASE, irq) === 0) return 0
  free_irq(irq)
  return -ENOMEM
}

/** Turns a card with one interrupt on, and maps it. Managed. Returns the mapping or a negative errno. */
export function pcim_enable_and_map(pdev: PciDev): number {
  const error = pcim_enable_device(pdev)
  if (error !== 0) return error
  const vectors = pci_alloc_irq_vectors(pdev, 1)
  if (vectors < 0) return vectors
  pci_set_master(pdev)
  return pcim_iomap_regions(pdev)
}
