/**
 * gadget: a small device to try fences on. The upper part owns the cdev and the fence, the lower part (card.ts) the hardware.
 *
 * What the upper part keeps of the lower is the mapping of its registers, which dies with the unbind: an operation that
 * runs too late touches a dead mapping, and the checker of MMIO sees it.
 */
import { read } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { cdev } from '../kernel/cdev/cdev_struct.ts'
import { device } from '../kernel/device/device_struct.ts'
import { pci_chardevs } from '../kernel/pci/pci_chardev.ts'
import { rootAddr } from '../mem/arena.ts'
import { embed, ptr, struct, word, words } from '../mem/layout.ts'
import { fence, fence_file } from './fence_struct.ts'

/** Gadgets that can be there at once: the plugged ones, and those that open files still keep. */
export const GADGET_MAX = 1024

export const gadget = struct('gadget', {
  dev: embed(device),
  cdev: embed(cdev),
  fence: embed(fence),
  /** Mapping of the registers. Constant; to be used inside the fence only. */
  mmio: word,
  number: word,
})
export type Gadget = Addr<'gadget'>

export const gadget_file = struct('gadget_file', {
  gadget: ptr('gadget'),
  fence_file: embed(fence_file),
  /** Count of events that this file has been told of. */
  seen: word,
  /** Where a read gathers registers. */
  buffer: words(8),
})
export type GadgetFile = Addr<'gadget_file'>

export const gadget_globals = struct('gadget_globals', {
  chardevs: embed(pci_chardevs),
  /** Id of the fence that new gadgets get, and their time-out path, 0 for the usual one. Set while nothing is plugged. */
  kind: word,
  timeout_us: word,
  /** Number of the gadget registered last, −1 before the first. Atomic. */
  newest: word,
  /** Of gadgets that have been released: operations after the fence, sleepers woken, sleepers left. Atomic. */
  late: word,
  woken: word,
  left: word,
  /** Nanoseconds of the last unregistration, low and high; see gadget_unregister_ns. */
  took: words(6),
})

const ROOT = rootAddr('fences')

/** Globals. */
export function gadget_root(): Addr<'gadget_globals'> {
  return as(read(ROOT))
}
