/**
 * The lower part of a gadget: the driver of the card, trivial because of the fence. On removal it unregisters the gadget;
 * its managed resources (handler, mapping, vectors, its reference to the gadget) are given back right after.
 *
 * Context   probe, remove: device_lock of the card is held.
 */
import { read } from '#access'
import { as } from '../base/addr.ts'
import { wake_up_poll } from '../kernel/cdev/chardev_poll.ts'
import { dev_get_drvdata, dev_set_drvdata } from '../kernel/device/device.ts'
import { devm_add_action_or_reset, devres_actions } from '../kernel/device/devres.ts'
import { irq_handlers, IRQ_HANDLED } from '../kernel/irq.ts'
import { pci_slot_create } from '../kernel/pci/pci.ts'
import { devm_request_irq, pcim_enable_and_map } from '../kernel/pci/pci_manage.ts'
import { pci_irq_vector } from '../kernel/pci/pci_msi.ts'
import { pci_dev, pci_driver_ops, type PciDev } from '../kernel/pci/pci_struct.ts'
import { static_name } from '../kernel/static_name.ts'
import { gadget_model, GADGET_REGS } from './card_hw.ts'
import { fence } from './fence_struct.ts'
import { GADGET_RELEASE, gadget_alloc, gadget_put, gadget_register, gadget_unregister } from './gadget.ts'
import { gadget, gadget_file, GADGET_MAX, type Gadget } from './types.ts'

const DEV = pci_dev.at.dev
/** pci_slot.id of the cards. */
const GADGET_ID = 0x6ad6

/** Something has happened: whoever waits shall look. */
const gadget_isr = irq_handlers.define('gadget', (_irq, g) => {
  wake_up_poll(fence.at.wait(gadget.at.fence(as(g))))
  return IRQ_HANDLED
})

const put_gadget = devres_actions.define('gadget_put', (_dev, g) => {
  gadget_put(as(g))
})

/** The gadget over a mapped card. Its reference is dropped after the handler has been freed. Returns 0 or a negative errno. */
function attach(pdev: PciDev, g: Gadget): number {
  const error = devm_add_action_or_reset(DEV(pdev), put_gadget, g)
  if (error !== 0) return error
  dev_set_drvdata(DEV(pdev), g)
  const failed = devm_request_irq(DEV(pdev), pci_irq_vector(pdev, 0), gadget_isr, g)
  return failed === 0 ? gadget_register(g) : failed
}

function gadget_probe(pdev: PciDev): number {
  const mmio = pcim_enable_and_map(pdev)
  if (mmio < 0) return mmio
  const g = gadget_alloc(DEV(pdev), mmio)
  return g < 0 ? g : attach(pdev, as(g))
}

function gadget_remove(pdev: PciDev): void {
  gadget_unregister(as(dev_get_drvdata(DEV(pdev))))
}

const gadget_driver = pci_driver_ops.define('gadget', { probe: gadget_probe, remove: gadget_remove })

/** The gadgets of its cards. */
export const GADGETS = {
  name: static_name('gadget'),
  driverName: static_name('gadget'),
  device: gadget,
  file: gadget_file,
  most: GADGET_MAX,
  minors: 1,
  release: GADGET_RELEASE,
  id: GADGET_ID,
  driver: gadget_driver,
}

/** Makes a slot with a card, not plugged. Boot CPU. Returns the slot or -ENOMEM. */
export function gadget_slot_create(): number {
  return pci_slot_create(GADGET_ID, gadget_model, GADGET_REGS)
}

/** Gadget over the card of a bound PCI device. For tests: nothing keeps it. */
export function gadget_of_pdev(pdev: PciDev): Gadget {
  return as(dev_get_drvdata(DEV(pdev)))
}

/** Mapping of a gadget's registers. For tests. */
export function gadget_mmio(g: Gadget): number {
  return read(g + gadget.offset.mmio)
}
