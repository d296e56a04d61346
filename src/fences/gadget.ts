/**
 * gadget: registration and unregistration around a fence.
 *
 * Rule      gadget_unregister returns when the fence is closed; what it promises about user space is the fence's affair.
 *           The gadget itself lives until the last file is closed.
 * Context   sleeps.
 */
import { fetch_add, ktime_get_ns, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { cdev_device_add, cdev_device_del } from '../kernel/cdev/cdev_device.ts'
import { put_device } from '../kernel/device/device.ts'
import { device_releases, type Device } from '../kernel/device/device_struct.ts'
import { chardev_alloc, chardev_devt, chardev_free, chardev_initialize } from '../kernel/pci/pci_chardev.ts'
import { read_wide, write_wide } from '../mem/wide.ts'
import {
  fence_destroy,
  fence_drains,
  fence_init,
  fence_kill_begin,
  fence_kill_wait,
  fence_late,
  fence_wake,
} from './fence.ts'
import { fence } from './fence_struct.ts'
import { gadget, gadget_globals, gadget_root, type Gadget } from './types.ts'

const G = gadget_globals.offset
const O = gadget.offset
const DEV = gadget.at.dev
const FENCE = gadget.at.fence

function free_gadget(g: Gadget): void {
  chardev_free(gadget_root(), gadget, g, O.number)
}

/** What the last put does. */
export const GADGET_RELEASE: number = device_releases.define('gadget_release', (dev) => {
  const g = gadget.of.dev(dev)
  const f = FENCE(g)
  fetch_add(gadget_root() + G.late, fence_late(f))
  fetch_add(gadget_root() + G.woken, READ_ONCE(f + fence.offset.woken))
  fetch_add(gadget_root() + G.left, READ_ONCE(f + fence.offset.left))
  fence_destroy(f)
  free_gadget(g)
})

/** Number and memory of a gadget with its fence. Returns it or a negative errno. */
function make(): number {
  const made = chardev_alloc(gadget_root(), gadget, O.number)
  if (made < 0) return made
  const g = as<'gadget'>(made)
  const error = fence_init(FENCE(g), read(gadget_root() + G.kind))
  if (error === 0) return g
  free_gadget(g)
  return error
}

/**
 * Makes a gadget, not yet known to anybody. It dies by gadget_put.
 * @param parent device of the card
 * @param mmio mapping of its registers
 * @returns the gadget, -ENOMEM, or -ENOSPC when GADGET_MAX are there
 */
export function gadget_alloc(parent: Device, mmio: number): number {
  const made = make()
  if (made < 0) return made
  const g = as<'gadget'>(made)
  const timeout = read(gadget_root() + G.timeout_us)
  if (timeout > 0) write(FENCE(g) + fence.offset.timeout_us, timeout)
  write(g + O.mmio, mmio)
  chardev_initialize(gadget_root(), DEV(g), gadget.at.cdev(g), parent, read(g + O.number))
  return g
}

/** Drops the maker's reference. */
export function gadget_put(g: Gadget): void {
  put_device(DEV(g))
}

/** Lets user space at it. Returns 0 or a negative errno. */
export function gadget_register(g: Gadget): number {
  const error = cdev_device_add(gadget.at.cdev(g), DEV(g))
  if (error === 0) WRITE_ONCE(gadget_root() + G.newest, read(g + O.number))
  return error
}

function note_time(which: number, took: number): void {
  write_wide(gadget_root() + G.took + 2 * which, took)
}

/** Takes it away: no new files from here on, then the fence, with a word to the sleepers between its halves. Notes how long it took. */
export function gadget_unregister(g: Gadget): void {
  const start = ktime_get_ns()
  trace_enter('gadget_unregister')
  cdev_device_del(gadget.at.cdev(g), DEV(g))
  const deleted = ktime_get_ns()
  const f = FENCE(g)
  fence_kill_begin(f)
  const begun = ktime_get_ns()
  fence_wake(f)
  const told = ktime_get_ns()
  fence_kill_wait(f)
  const closed = fence_drains(f) ? ktime_get_ns() : begun
  note_time(0, closed - start)
  note_time(1, told - start)
  note_time(2, closed - deleted)
  trace_leave('gadget_unregister')
}

/**
 * Nanoseconds of the last unregistration, of the CPU that made it.
 * @param which 0: until the fence was closed; 1: until the sleepers had been told, too; 2: the fence alone
 */
export function gadget_unregister_ns(which: number): number {
  return read_wide(gadget_root() + G.took + 2 * which)
}

/** Device number of the gadget registered last: opening it may fail with -ENXIO. */
export function gadget_newest_devt(): number {
  return chardev_devt(gadget_root(), READ_ONCE(gadget_root() + G.newest))
}

/** Device number of a gadget that the caller knows to be there. */
export function gadget_devt(g: Addr<'gadget'>): number {
  return chardev_devt(gadget_root(), read(g + O.number))
}
