/**
 * Layouts of PCI: the card slots of a machine, the device that is in one, its driver.
 *
 * Source   include/linux/pci.h
 */
import type { Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { embed, guarded_by, ptr, struct, word, words } from '../../mem/index.ts'
import { mutex } from '../../sync/index.ts'
import { device, device_driver } from '../device/device_struct.ts'
import { qstr } from '../qstr.ts'

/** Most vectors that a device can have. */
export const PCI_MAX_VECTORS = 4

export const pci_slot = struct('pci_slot', {
  /** Held while a card comes or goes. */
  lock: embed(mutex),
  /** The card's registers. They are there for good; whether the card is in the slot, `present` says. */
  hw: ptr('mmio_hw'),
  /** What drivers match. */
  id: word,
  pdev: guarded_by('slot->lock', ptr('pci_dev')),
  /** 0000:01:00.0 and so on. */
  name: embed(qstr),
})
export type PciSlot = Addr<'pci_slot'>

export const pci_dev = struct('pci_dev', {
  dev: embed(device),
  slot: ptr('pci_slot'),
  hw: ptr('mmio_hw'),
  id: word,
  /** Enables minus disables. Atomic. */
  enable_cnt: word,
  /** 1: pcim_enable_device: enabled and the rest given back at unbind. */
  is_managed: guarded_by('dev->mutex', word),
  /** 1: a driver has the registers. */
  regions: guarded_by('dev->mutex', word),
  msi_enabled: guarded_by('dev->mutex', word),
  nvec: guarded_by('dev->mutex', word),
  irqs: guarded_by('dev->mutex', words(PCI_MAX_VECTORS)),
})
export type PciDev = Addr<'pci_dev'>

export const pci_driver = struct('pci_driver', {
  driver: embed(device_driver),
  /** pci_slot.id of the cards it serves. */
  id: word,
  /** Id of pci_driver_ops. */
  ops: word,
})
export type PciDriver = Addr<'pci_driver'>

/** What a PCI driver does. device_lock is held. */
export interface PciDriverOps {
  /** Takes the device: 0 or a negative errno. */
  readonly probe: (pdev: PciDev) => number
  /** Gives it up. Managed resources go afterwards. */
  readonly remove: (pdev: PciDev) => void
}
export const pci_driver_ops = new OpsTable<PciDriverOps>('pci_driver')
