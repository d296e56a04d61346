/**
 * The PCI driver: probe and remove. pcim_enable_device is recorded on the PCI device first, so its undoing, which frees the
 * MSI vectors, comes last at unbind: after the handler has been freed, if that is recorded on the PCI device too.
 *
 * Context   device_lock of the PCI device is held.
 */
import { as } from '../../base/addr.ts'
import { dev_get_drvdata, dev_set_drvdata } from '../../kernel/device/device.ts'
import { devm_add_action_or_reset, devres_actions } from '../../kernel/device/devres.ts'
import { pci_slot_create } from '../../kernel/pci/pci.ts'
import {
  devm_request_irq,
  pci_set_master,
  pcim_enable_device,
  pcim_iomap_regions,
} from '../../kernel/pci/pci_manage.ts'
import { pci_alloc_irq_vectors, pci_irq_vector } from '../../kernel/pci/pci_msi.ts'
import { pci_dev, pci_driver_ops, type PciDev } from '../../kernel/pci/pci_struct.ts'
import { static_name } from '../../kernel/static_name.ts'
import { switchtec_model, SWITCHTEC_REGS } from './hw.ts'
import { STDEV_RELEASE, stdev_add, stdev_create, stdev_put, stdev_remove, switchtec_isr } from './stdev.ts'
import { switchtec_dev, SWITCHTEC_MAX, switchtec_user, type Stdev } from './types.ts'
import { wiring_of } from './wiring.ts'

const DEV = pci_dev.at.dev
/** pci_slot.id of the cards. */
const SWITCHTEC_ID = 0x11f8

/** Enables and maps the card. Returns the mapping or a negative errno. */
function switchtec_init_pci(pdev: PciDev): number {
  const error = pcim_enable_device(pdev)
  if (error !== 0) return error
  pci_set_master(pdev)
  return pcim_iomap_regions(pdev)
}

function switchtec_init_isr(pdev: PciDev, stdev: Stdev): number {
  const vectors = pci_alloc_irq_vectors(pdev, 1)
  if (vectors < 0) return vectors
  const owner = wiring_of(stdev).irqOn === 'pdev' ? DEV(pdev) : switchtec_dev.at.dev(stdev)
  return devm_request_irq(owner, pci_irq_vector(pdev, 0), switchtec_isr, stdev)
}

const put_stdev = devres_actions.define('stdev_put', (_dev, stdev) => {
  stdev_put(as(stdev))
})

/** The device over a mapped card. Its reference goes after the handler, which uses it, and before the mapping. */
function attach(pdev: PciDev, stdev: Stdev): number {
  const error = devm_add_action_or_reset(DEV(pdev), put_stdev, stdev)
  if (error !== 0) return error
  dev_set_drvdata(DEV(pdev), stdev)
  return switchtec_init_isr(pdev, stdev) || stdev_add(stdev)
}

function switchtec_pci_probe(pdev: PciDev): number {
  const mmio = switchtec_init_pci(pdev)
  if (mmio < 0) return mmio
  const stdev = stdev_create(pdev, mmio)
  return stdev < 0 ? stdev : attach(pdev, as(stdev))
}

function switchtec_pci_remove(pdev: PciDev): void {
  const stdev = as<'switchtec_dev'>(dev_get_drvdata(DEV(pdev)))
  dev_set_drvdata(DEV(pdev), 0)
  stdev_remove(stdev)
}

const switchtec_pci_driver = pci_driver_ops.define('switchtec', {
  probe: switchtec_pci_probe,
  remove: switchtec_pci_remove,
})

/** The devices of its cards. */
export const SWITCHTEC = {
  name: static_name('switchtec'),
  driverName: static_name('switchtec'),
  device: switchtec_dev,
  file: switchtec_user,
  most: SWITCHTEC_MAX,
  minors: 1,
  release: STDEV_RELEASE,
  id: SWITCHTEC_ID,
  driver: switchtec_pci_driver,
}

/** Makes a slot with a card, not plugged. Boot CPU. Returns the slot or -ENOMEM. */
export function switchtec_slot_create(): number {
  return pci_slot_create(SWITCHTEC_ID, switchtec_model, SWITCHTEC_REGS)
}
