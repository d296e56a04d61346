/**
 * MMIO: registers of a device, reached through a mapping that can go away.
 *
 * A mapping is a cookie: slot number and generation. iounmap ends the generation, so an access through an old cookie is
 * always recognised, also after the slot has been mapped anew: the page fault of a real machine.
 *
 * State of a slot   cookie 0: free · else: mapped, by whoever holds exactly this cookie
 * What an access through a dead cookie does is a choice: MMIO_OOPS ends the task, as the machine would; MMIO_COUNT
 * counts it, keeps the first few with their stacks, and reads all ones: for runs that want the rate.
 * A device that has been pulled out under its mapping reads all ones too, without any fault.
 *
 * Context   ioremap, iounmap: may sleep in a kernel. Accesses: any; the device model's reaction to a write runs in the
 *           task that writes.
 * Source    lib/iomap.c, arch/x86/mm/ioremap.c
 */
import { cmpxchg, fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, NULL } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { alloc_boot, rootAddr, should_fail, struct, word } from '../../mem/index.ts'
import { raise_irq } from '../irq.ts'
import { oops } from '../oops.ts'
import { printk_globals } from '../printk.ts'
import { report, REPORT_WARN, stack_trace } from '../report.ts'

/** An access through a dead mapping is an Oops. */
export const MMIO_OOPS = 0
/** It is counted. */
export const MMIO_COUNT = 1
/** What a register reads that is not there. */
export const ALL_ONES = -1

const SLOTS = 256
const GENERATION = 1 << 8
/** Findings kept with their stacks. */
const KEEP = 16

/** A device's registers: the silicon, which stays when the device's driver or its mapping go. */
export const mmio_hw = struct('mmio_hw', {
  /** Id of mmio_models. */
  model: word,
  /** Registers, and how many. */
  regs: word,
  nregs: word,
  /** 1 while the card is in its slot. Atomic. */
  present: word,
  /** Number that the device raises; 0 while MSI is off. Atomic. */
  msi: word,
  /** 1: may write to memory, and so raise MSI. Atomic. */
  master: word,
  /** For the model. */
  data: word,
})
const H = mmio_hw.offset

/** How a device reacts. */
export interface MmioModel {
  /** A register has been written. */
  readonly written?: (hw: number, reg: number, value: number) => void
  /** A register is about to be read: the value, in place of what is stored. */
  readonly reading?: (hw: number, reg: number) => number
}
export const mmio_models = new OpsTable<MmioModel>('mmio model')

const iomem = struct('iomem', { cookie: word, hw: word })
const COOKIE = iomem.offset.cookie
const HW = iomem.offset.hw
const globals = struct('mmio_globals', {
  policy: word,
  /** Accesses through dead mappings: reads, writes. Atomic. */
  bad_reads: word,
  bad_writes: word,
  /** Generation of the last mapping. Atomic. */
  generation: word,
  slots: word,
})
const G = globals.offset
const ROOT = rootAddr('mmio')

/** Prepares the mappings. Part of pci_init. Returns false when the arena is full. */
export function mmio_init(): boolean {
  const g = alloc_boot(globals.words)
  const slots = alloc_boot(SLOTS * iomem.words)
  if (g === 0 || slots === 0) return false
  write(g + G.slots, slots)
  write(ROOT, g)
  return true
}

/** Chooses between MMIO_OOPS, the default, and MMIO_COUNT. While no CPU is running. */
export function mmio_set_policy(policy: number): void {
  write(read(ROOT) + G.policy, policy)
}

function slot_of(cookie: number): number {
  return read(read(ROOT) + G.slots) + (cookie & (SLOTS - 1)) * iomem.words
}

/** Maps a device's registers. Returns the cookie, or 0 when there is no room. */
export function ioremap(hw: number): number {
  if (should_fail()) return 0
  // The generation wraps after 2^22 mappings: an older cookie than that is not expected.
  const generation = (fetch_add(read(ROOT) + G.generation, 1) & 0x3f_ffff) + 1
  for (let i = 0; i < SLOTS; i++) {
    const slot = slot_of(i)
    const cookie = generation * GENERATION + i
    if (READ_ONCE(slot + COOKIE) !== 0 || cmpxchg(slot + COOKIE, 0, cookie) !== 0) continue
    WRITE_ONCE(slot + HW, hw)
    return cookie
  }
  return 0
}

/** Ends a mapping. */
export function iounmap(cookie: number): void {
  if (cookie !== 0) cmpxchg(slot_of(cookie) + COOKIE, cookie, 0)
}

/** True while the mapping is there. For reports and tests: asking first and accessing then is a race. */
export function is_mapped(cookie: number): boolean {
  return cookie !== 0 && READ_ONCE(slot_of(cookie) + COOKIE) === cookie
}

/** An access through a dead mapping. */
function fault(counter: number, cookie: number, reg: number): number {
  const g = read(ROOT)
  const before = fetch_add(g + counter, 1)
  const what = counter === G.bad_reads ? 'ioread32' : 'iowrite32'
  const title = `BUG: unable to handle page fault for address (${what} after iounmap)`
  if (read(g + G.policy) === MMIO_OOPS) oops(title, cookie + reg, NULL, 2)
  if (before < KEEP) {
    report(REPORT_WARN, printk_globals.offset.warnings, title, cookie + reg, as(0), stack_trace(3))
  }
  return ALL_ONES
}

/** Reads register `reg` of a mapped device. */
export function ioread32(cookie: number, reg: number): number {
  const slot = slot_of(cookie)
  const hw = READ_ONCE(slot + HW)
  if (READ_ONCE(slot + COOKIE) !== cookie || cookie === 0) return fault(G.bad_reads, cookie, reg)
  if (READ_ONCE(hw + H.present) === 0) return ALL_ONES
  const model = mmio_models.get(read(hw + H.model))
  return model.reading === undefined ? READ_ONCE(read(hw + H.regs) + reg) : model.reading(hw, reg)
}

/** Writes register `reg` of a mapped device. */
export function iowrite32(cookie: number, reg: number, value: number): void {
  const slot = slot_of(cookie)
  const hw = READ_ONCE(slot + HW)
  if (READ_ONCE(slot + COOKIE) !== cookie || cookie === 0) {
    fault(G.bad_writes, cookie, reg)
    return
  }
  if (READ_ONCE(hw + H.present) === 0) return
  WRITE_ONCE(read(hw + H.regs) + reg, value)
  mmio_models.get(read(hw + H.model)).written?.(hw, reg, value)
}

/** The device raises its MSI, if it is there and may. Called by models. */
export function mmio_raise(hw: number): void {
  const irq = READ_ONCE(hw + H.msi)
  if (irq !== 0 && READ_ONCE(hw + H.master) === 1 && READ_ONCE(hw + H.present) === 1) raise_irq(irq)
}

/** Accesses through dead mappings so far: what the checker found. Allocates. */
export function mmio_faults(): { reads: number; writes: number } {
  const g = read(ROOT)
  return { reads: READ_ONCE(g + G.bad_reads), writes: READ_ONCE(g + G.bad_writes) }
}

/** Makes a device's registers, all 0, with the card out of its slot. Returns 0 when the arena is full. */
export function mmio_hw_create(model: number, nregs: number): number {
  const hw = alloc_boot(mmio_hw.words)
  const regs = alloc_boot(nregs)
  if (hw === 0 || regs === 0) return 0
  write(hw + H.model, model)
  write(hw + H.regs, regs)
  write(hw + H.nregs, nregs)
  return hw
}
