/**
 * vtpm: the lower driver of a chip, a card that is plugged and unplugged all the time.
 *
 * All it has to do when it goes is: tpm_chip_unregister, then free the interrupt and unmap, which its managed resources do
 * right after remove. Because nothing runs in it any more by then, it needs no flag and no lock of its own.
 *
 * Context   operations: called with the read side of the chip's ops_sem held.
 * Source    drivers/char/tpm/tpm_vtpm_proxy.c, tpm_tis.c; J. Gunthorpe, 1 and 2 March 2017
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { EIO, ENOMEM } from '../../base/errno.ts'
import { wake_up_poll } from '../../kernel/cdev/chardev_poll.ts'
import { words_of } from '../../kernel/cdev/chardev_user.ts'
import { dev_get_drvdata, dev_set_drvdata } from '../../kernel/device/device.ts'
import { devm_add_action_or_reset, devres_actions } from '../../kernel/device/devres.ts'
import { irq_handlers, IRQ_HANDLED } from '../../kernel/irq.ts'
import { pci_slot_create } from '../../kernel/pci/pci.ts'
import { devm_request_irq, pcim_enable_and_map } from '../../kernel/pci/pci_manage.ts'
import { ioread32, iowrite32 } from '../../kernel/pci/pci_mmio.ts'
import { pci_irq_vector } from '../../kernel/pci/pci_msi.ts'
import { pci_dev, pci_driver_ops, type PciDev } from '../../kernel/pci/pci_struct.ts'
import { static_name } from '../../kernel/static_name.ts'
import { ptr, struct, word } from '../../mem/layout.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import {
  TPM_DEV_RELEASE,
  tpm_chip_alloc,
  tpm_chip_put,
  tpm_chip_register,
  tpm_chip_unregister,
} from './chip.ts'
import { tpm_chip, tpm_file, tpm_globals, TPM_MAX, tpm_ops, tpm_root, type Chip } from './types.ts'
import {
  VTPM_BUFFER,
  VTPM_GO,
  VTPM_LENGTH,
  vtpm_model,
  VTPM_READY,
  VTPM_REGS,
  VTPM_STATUS,
} from './vtpm_hw.ts'

/** The driver's own object: gone as soon as remove has returned. */
export const vtpm = struct('vtpm', {
  chip: ptr('tpm_chip'),
  /** Mapping of the registers. */
  mmio: word,
})
type Vtpm = Addr<'vtpm'>
const V = vtpm.offset
const LOWER = tpm_chip.offset.lower
const DEV = pci_dev.at.dev
/** pci_slot.id of the cards. */
const VTPM_ID = 0x1014

function mmio_of(chip: Chip): number {
  return read(read(chip + LOWER) + V.mmio)
}

const vtpm_ops = tpm_ops.define('vtpm', {
  send(chip, buf, len) {
    const mmio = mmio_of(chip)
    const words = words_of(len)
    for (let i = 0; i < words; i++) iowrite32(mmio, VTPM_BUFFER + i, read(buf + i))
    iowrite32(mmio, VTPM_LENGTH, len)
    iowrite32(mmio, VTPM_GO, 1)
    return 0
  },
  ready: (chip) => ioread32(mmio_of(chip), VTPM_STATUS) === VTPM_READY,
  recv(chip, buf, count) {
    const mmio = mmio_of(chip)
    const len = ioread32(mmio, VTPM_LENGTH)
    if (len < 0 || len > count) return -EIO
    const words = words_of(len)
    for (let i = 0; i < words; i++) write(buf + i, ioread32(mmio, VTPM_BUFFER + i))
    iowrite32(mmio, VTPM_GO, 0)
    return len
  },
  cancel(chip) {
    iowrite32(mmio_of(chip), VTPM_GO, 0)
  },
})

const vtpm_isr = irq_handlers.define('vtpm', (_irq, dev_id) => {
  wake_up_poll(tpm_chip.at.poll_wait(as(read(dev_id + V.chip))))
  return IRQ_HANDLED
})

function cache(): Addr<'kmem_cache'> {
  return as(read(tpm_root() + tpm_globals.offset.vtpm_cache))
}

/** The last of the managed resources to go: the handler, which uses the object, has been freed before. */
const vtpm_free = devres_actions.define('vtpm_free', (_dev, priv) => {
  const chip = read(priv + V.chip)
  if (chip !== 0) tpm_chip_put(as(chip))
  kmem_cache_free(cache(), vtpm, priv)
})

/** devm_kzalloc. Returns the object or -ENOMEM. */
function devm_vtpm(pdev: PciDev): number {
  const priv = kmem_cache_zalloc(cache(), vtpm)
  if (priv === 0) return -ENOMEM
  const error = devm_add_action_or_reset(DEV(pdev), vtpm_free, priv)
  return error === 0 ? priv : error
}

/** The chip over an enabled card. Returns 0 or a negative errno. */
function attach(pdev: PciDev, priv: Vtpm): number {
  const chip = tpm_chip_alloc(DEV(pdev), vtpm_ops, priv)
  if (chip < 0) return chip
  write(priv + V.chip, chip)
  const error = devm_request_irq(DEV(pdev), pci_irq_vector(pdev, 0), vtpm_isr, priv)
  return error === 0 ? tpm_chip_register(as(chip)) : error
}

function vtpm_probe(pdev: PciDev): number {
  const priv = devm_vtpm(pdev)
  if (priv < 0) return priv
  const mmio = pcim_enable_and_map(pdev)
  if (mmio < 0) return mmio
  write(priv + V.mmio, mmio)
  iowrite32(mmio, VTPM_GO, 0)
  dev_set_drvdata(DEV(pdev), priv)
  return attach(pdev, as(priv))
}

function vtpm_remove(pdev: PciDev): void {
  tpm_chip_unregister(as(read(dev_get_drvdata(DEV(pdev)) + V.chip)))
}

const vtpm_driver = pci_driver_ops.define('vtpm', { probe: vtpm_probe, remove: vtpm_remove })

/** The chips of its cards. */
export const TPM = {
  name: static_name('tpm'),
  driverName: static_name('vtpm'),
  device: tpm_chip,
  file: tpm_file,
  most: TPM_MAX,
  minors: 2,
  release: TPM_DEV_RELEASE,
  id: VTPM_ID,
  driver: vtpm_driver,
}

/** Makes a slot with a card, not plugged. Boot CPU. Returns the slot or -ENOMEM. */
export function vtpm_slot_create(): number {
  return pci_slot_create(VTPM_ID, vtpm_model, VTPM_REGS)
}

/** Chip over the card of a bound PCI device. For tests: nothing keeps it. */
export function vtpm_chip_of(pdev: PciDev): Chip {
  return as(read(dev_get_drvdata(DEV(pdev)) + V.chip))
}
