/**
 * Models of PCI slots: a card that comes, goes, is bound and unbound at once leaves nothing behind.
 */
import { named } from './bodies.ts'
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { live_devres } from '../kernel/device/devres.ts'
import { handle_one_irq, irq_handlers, IRQ_HANDLED } from '../kernel/irq.ts'
import {
  live_pci_devs,
  pci_plug,
  pci_register_driver,
  pci_slot_create,
  pci_slot_dev,
  pci_slot_hw,
  pci_surprise,
  pci_unregister_driver,
  pci_unplug,
} from '../kernel/pci/pci.ts'
import {
  devm_request_irq,
  pci_set_master,
  pcim_enable_device,
  pcim_iomap_regions,
} from '../kernel/pci/pci_manage.ts'
import { ioread32, mmio_faults, mmio_hw, mmio_models, mmio_raise } from '../kernel/pci/pci_mmio.ts'
import { pci_alloc_irq_vectors, pci_irq_vector } from '../kernel/pci/pci_msi.ts'
import { pci_dev, pci_driver, pci_driver_ops, type PciDev, type PciDriver } from '../kernel/pci/pci_struct.ts'
import { sysfs_write } from '../kernel/path_io.ts'
import { static_name } from '../kernel/static_name.ts'
import { alloc_boot } from '../mem/arena.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOver } from './family.ts'
import { bootChardevs } from './boot.ts'

type Body = (s: Slot) => void

const HW = pci_dev.offset.hw
/** Id of the cards. */
const ID = 77
const NAME = static_name('explored_card')
const CARD = '0000:01:00.0'
const DRIVER = '/sys/bus/pci/drivers/explored_card'
const MODEL = mmio_models.define('explored_card', {})

interface Slot extends Record<string, number> {
  readonly slot: number
  readonly drv: number
  /** One word per CPU: what its call returned. */
  readonly answers: number
}

/** The card's own word says where it is mapped. */
const MAPPING = mmio_hw.offset.data

/** Touches the registers: they must be mapped as long as it may run. */
const listen = irq_handlers.define('explored_card', (_irq, hw) => {
  ioread32(READ_ONCE(hw + MAPPING), 0)
  return IRQ_HANDLED
})

function map(pdev: PciDev): number {
  const mmio = pcim_iomap_regions(pdev)
  if (mmio > 0) WRITE_ONCE(read(pdev + HW) + MAPPING, mmio)
  return Math.min(mmio, 0)
}
function handle(pdev: PciDev): number {
  return devm_request_irq(pci_dev.at.dev(pdev), pci_irq_vector(pdev, 0), listen, read(pdev + HW))
}
function enable(pdev: PciDev): number {
  const error = pcim_enable_device(pdev)
  pci_set_master(pdev)
  return error || Math.min(pci_alloc_irq_vectors(pdev, 1), 0)
}
function remove(): void {
  // Everything is managed.
}
const driver = pci_driver_ops.define('explored_card', {
  probe: (pdev) => enable(pdev) || map(pdev) || handle(pdev),
  remove,
})
/** WRONG: the handler is recorded before the mapping that it uses, so it is given back after it. */
const disorderly = pci_driver_ops.define('explored_card_disorderly', {
  probe: (pdev) => enable(pdev) || handle(pdev) || map(pdev),
  remove,
})

function slotSetup(plugged: boolean, ops = driver): (scene: Scene) => Slot {
  return (scene) => {
    bootChardevs()
    const drv = alloc_boot(pci_driver.words) as PciDriver
    check(pci_register_driver(drv, NAME, ID, ops) === 0, 'no driver')
    const slot = pci_slot_create(ID, MODEL, 2)
    check(slot > 0 && (!plugged || pci_plug(as(slot)) === 0), 'no card')
    return { slot, drv, answers: scene.name(alloc_boot(3), 'answers', 3) }
  }
}

function answering(cpu: number, name: string, call: (slot: number) => number): Body {
  return named(name, ({ slot, answers }: Slot): void => write(answers + cpu, call(slot)))
}
const plug = (cpu: number): Body => answering(cpu, 'plug', (slot) => pci_plug(as(slot)))
const unplug = (cpu: number): Body => answering(cpu, 'unplug', (slot) => pci_unplug(as(slot)))
const pull = (cpu: number): Body => answering(cpu, 'pull', (slot) => pci_surprise(as(slot)))
const unbind = (cpu: number): Body => answering(cpu, 'unbind', () => sysfs_write(`${DRIVER}/unbind`, CARD))
const bind = (cpu: number): Body => answering(cpu, 'bind', () => sysfs_write(`${DRIVER}/bind`, CARD))

const unregister: Body = ({ drv }) => pci_unregister_driver(as(drv))

/** The card's interrupt comes, and is served. */
function interrupt({ slot }: Slot): void {
  mmio_raise(pci_slot_hw(as(slot)))
  while (handle_one_irq());
}

/** There are a card and its device, or neither; and what is managed belongs to a driver that is bound. */
function tidy({ slot }: Slot): void {
  const there = pci_slot_dev(as(slot)) !== 0
  check(live_pci_devs() === (there ? 1 : 0), `${live_pci_devs()} devices are left`)
  check(there || live_devres() === 0, `${live_devres()} managed resources are left`)
  const { reads, writes } = mmio_faults()
  check(reads + writes === 0, 'registers were touched that are not mapped')
}
/** No driver is left, so nothing is managed. */
function nothingManaged(s: Slot): void {
  tidy(s)
  check(live_devres() === 0, `${live_devres()} managed resources are left`)
}
function oneWon(s: Slot): void {
  tidy(s)
  const told = [read(s.answers), read(s.answers + 1)].filter((one) => one === 0)
  check(told.length === 1, `${told.length} of two unplugs found a card`)
}

const common = { finish: tidy, maxSteps: 4000, arenaWords: 1 << 18, fold: ['mem', 'sync', 'kernel'] }
const slots = familyOver<Slot, boolean>(slotSetup, common, 'pci-')

/** Models of cards that come and go. */
export const cards: readonly Model[] = [
  slots('unplug-unplug', 'two take the card out', true, [unplug(0), unplug(1)], { finish: oneWon }),
  slots('unplug-pull', 'the card is taken out ‖ pulled', true, [unplug(0), pull(1)], { finish: oneWon }),
  slots('unplug-plug', 'the card is taken out ‖ put in', true, [unplug(0), plug(1)]),
  slots(
    'unplug-unbind',
    'the card is taken out ‖ its driver is unbound through sysfs',
    true,
    [unplug(0), unbind(1)],
    { bound: 1 },
  ),
  slots(
    'plug-unbind',
    'the card is put in ‖ its driver is unbound through sysfs',
    false,
    [plug(0), unbind(1)],
    { bound: 1 },
  ),
  slots('unbind-bind', 'the driver is unbound ‖ bound, through sysfs', true, [unbind(0), bind(1)], {
    bound: 1,
  }),
  slots(
    'unplug-bind',
    'the card is taken out ‖ its driver is bound through sysfs',
    true,
    [unplug(0), bind(1)],
    { bound: 1 },
  ),
  slots(
    'unplug-driver',
    'the card is taken out ‖ its driver is unregistered',
    true,
    [unplug(0), unregister],
    { finish: nothingManaged, bound: 1 },
  ),
  slots('plug-driver', 'the card is put in ‖ its driver is unregistered', false, [plug(0), unregister], {
    finish: nothingManaged,
    bound: 1,
  }),
  slots('interrupt', 'the card is taken out ‖ its interrupt comes', true, [unplug(0), interrupt], {
    bound: 1,
  }),
  slots('unbind-interrupt', 'the driver is unbound ‖ an interrupt comes', true, [unbind(0), interrupt], {
    bound: 1,
  }),
  slots(
    'disorder',
    'WRONG: the handler goes after the mapping it uses ‖ an interrupt',
    true,
    [unplug(0), interrupt],
    { setup: slotSetup(true, disorderly), expect: 'oops' },
  ),
]
