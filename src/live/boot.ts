/**
 * The boot of a machine that somebody sits at: everything that has files, at once. Kernel, PCI slots with their cards, character
 * devices, mdev, vfio; drivers are modules, loaded at the end.
 *
 * Context   the boot CPU, alone; the arena is attached and empty.
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EINVAL, ENOMEM } from '../base/errno.ts'
import { cost_init } from '../drivers/cost.ts'
import { switchtec_slot_create } from '../drivers/switchtec/pci.ts'
import { vtpm_slot_create } from '../drivers/tpm/vtpm.ts'
import { gadget_slot_create } from '../fences/card.ts'
import { register_chrdev_region } from '../kernel/cdev/cdev.ts'
import { chardev_subsystems_init } from '../kernel/cdev/chardev_init.ts'
import { kernel_init } from '../kernel/init.ts'
import { pci_plug } from '../kernel/pci/pci.ts'
import { pci_slot, type PciSlot } from '../kernel/pci/pci_struct.ts'
import { name_text } from '../kernel/qstr.ts'
import type { SecondOrder } from '../kernel/second_order.ts'
import { mdev_init } from '../mdev/init.ts'
import { strategyNamed } from '../mdev/strategies.ts'
import { alloc_boot, num_possible_cpus, rootAddr } from '../mem/arena.ts'
import { struct, word, words } from '../mem/layout.ts'
import { strings_init } from '../mem/strings.ts'
import { vfio_init } from '../vfio/init.ts'
import { load_module } from './modules.ts'

/** What a machine may choose. Plain data. */
export interface LivePlan {
  readonly strategy: string
  /** Drivers to load, by name. */
  readonly drivers: readonly string[]
  readonly secondOrder: SecondOrder
  readonly seed: number
}

/** Cards in their slots: so many of each kind. */
const EACH = 2
const SLOTS = 3 * EACH
/** Bytes that one system call of a CPU moves at most. */
export const BUFFER_BYTES = 4096
/** Bytes of the arena. */
export const LIVE_BYTES: number = 32 << 20

const globals = struct('live_globals', {
  slots: words(SLOTS),
  /** Buffer of each CPU: what a user's memory would be. */
  buffers: word,
  /** Not 0: the CPUs that serve interrupts and work shall stop. */
  stop: word,
})
const ROOT = rootAddr('live')
const G = globals.offset
const STRIDE = BUFFER_BYTES / 4

/** Makes the cards, the same in every machine, and plugs them. Returns 0 or a negative errno. */
function make_cards(g: number): number {
  const kinds = [vtpm_slot_create, switchtec_slot_create, gadget_slot_create]
  for (let i = 0; i < SLOTS; i++) {
    const slot = kinds[Math.floor(i / EACH)]?.() ?? -EINVAL
    if (slot < 0) return slot
    write(g + G.slots + i, slot)
    const error = pci_plug(as(slot))
    if (error !== 0) return error
  }
  return 0
}

function init(plan: LivePlan): number {
  const strategy = strategyNamed(plan.strategy)
  if (strategy === undefined) return -EINVAL
  if (!strings_init()) return -ENOMEM
  const ret = kernel_init({ secondOrder: plan.secondOrder })
  if (ret !== 0) return ret
  const g = alloc_boot(globals.words)
  const buffers = alloc_boot(STRIDE * num_possible_cpus())
  if (g === 0 || buffers === 0 || !cost_init(plan.seed)) return -ENOMEM
  write(g + G.buffers, buffers)
  write(ROOT, g)
  const error = chardev_subsystems_init()
  if (error !== 0) return error
  // The first number is that of vfio's groups, which make their nodes without a cdev.
  register_chrdev_region()
  return make_cards(g) || mdev_init(strategy) || vfio_init()
}

/** Boots. Returns 0 or a negative errno; of a driver that does not load, too. */
export function start_live(plan: LivePlan): number {
  const ret = init(plan)
  if (ret !== 0) return ret
  for (const driver of plan.drivers) {
    const error = load_module(driver)
    if (error !== 0) return error
  }
  return 0
}

/** The word that tells the serving CPUs to stop. */
export function serve_word(): number {
  return read(ROOT) + G.stop
}

/** Buffer of a CPU, BUFFER_BYTES long. */
export function buffer_of(cpu: number): number {
  return read(read(ROOT) + G.buffers) + cpu * STRIDE
}

/** PCI slots by name: `0000:01:00.0`. */
export function pci_slots(): ReadonlyMap<string, PciSlot> {
  const slots = Array.from({ length: SLOTS }, (_, i) => as<'pci_slot'>(read(read(ROOT) + G.slots + i)))
  return new Map(slots.map((slot): [string, Addr<'pci_slot'>] => [name_text(pci_slot.at.name(slot)), slot]))
}
