/**
 * Open files of a gadget. Every operation that touches the hardware does so inside the fence.
 *
 * Errors    gone: what the fence says (-ENXIO, -ENODEV, -EPIPE, -EIO, -EINTR). read, write: -EINVAL (length), -EFAULT.
 *           GADGET_WAIT: -ETIME. Other ioctls: -ENOTTY. poll: what the fence says of a device that is gone.
 * Context   sleeps.
 */
import { chardev_file_cache } from '../kernel/pci/pci_chardev.ts'
import { read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../base/addr.ts'
import { EFAULT, EINVAL, ENOMEM, ENOTTY } from '../base/errno.ts'
import { NSEC_PER_USEC } from '../base/constants.ts'
import { file, file_operations, type Cdev, type CharFile } from '../kernel/cdev/cdev_struct.ts'
import { POLLIN, POLLPRI, POLLRDNORM, type PollTable } from '../kernel/cdev/chardev_poll.ts'
import { copy_from_user, copy_to_user } from '../kernel/cdev/chardev_user.ts'
import { ioread32, iowrite32 } from '../kernel/pci/pci_mmio.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import { ALARM, EVENTS, GADGET_REGS, GO } from './card_hw.ts'
import { fence_enter, fence_leave, fence_open, fence_release } from './fence.ts'
import type { FenceFile } from './fence_struct.ts'
import { fence_gone_mask, fence_poll, fence_wait } from './fence_sleep.ts'
import { gadget, gadget_file, gadget_root, type Gadget, type GadgetFile } from './types.ts'

const P = gadget_file.offset
const PRIVATE = file.offset.private_data
const FENCE = gadget.at.fence
const FILE = gadget_file.at.fence_file
const MMIO = gadget.offset.mmio
/** Bytes of a read: all registers. Of a write: a command. */
export const GADGET_READ_SIZE: number = GADGET_REGS * 4
export const GADGET_WRITE_SIZE = 4
/** ioctl: wait for the next event; arg: microseconds at most. */
export const GADGET_WAIT_EVENT = 1
/** ioctl: wait for the alarm, which never comes by itself. */
export const GADGET_WAIT_ALARM = 2

function cache(): Parameters<typeof kmem_cache_free>[0] {
  return chardev_file_cache(gadget_root())
}

function priv_of(f: CharFile): GadgetFile {
  return as(read(f + PRIVATE))
}

function gadget_of(priv: GadgetFile): Gadget {
  return as(read(priv + P.gadget))
}

/** What the fence knows of an open file. */
export function gadget_fence_file(f: CharFile): FenceFile {
  return FILE(priv_of(f))
}

function gadget_open(cdev: Cdev, f: CharFile): number {
  const g = gadget.of.cdev(cdev)
  const priv = kmem_cache_zalloc(cache(), gadget_file)
  if (priv === 0) return -ENOMEM
  const error = fence_open(FENCE(g), FILE(priv))
  if (error !== 0) {
    kmem_cache_free(cache(), gadget_file, priv)
    return error
  }
  write(priv + P.gadget, g)
  write(f + PRIVATE, priv)
  return 0
}

function gadget_close(f: CharFile): void {
  const priv = priv_of(f)
  fence_release(FILE(priv))
  kmem_cache_free(cache(), gadget_file, priv)
}

/** Gathers all registers. Returns 0, or what the fence says. */
function read_registers(priv: GadgetFile): number {
  const g = gadget_of(priv)
  const token = fence_enter(FILE(priv))
  if (token < 0) return token
  trace_point('gadget_read:inside')
  const mmio = read(g + MMIO)
  for (let reg = 0; reg < GADGET_REGS; reg++) write(priv + P.buffer + reg, ioread32(mmio, reg))
  fence_leave(FILE(priv), token)
  return 0
}

function gadget_read(f: CharFile, buf: number, count: number): number {
  if (count !== GADGET_READ_SIZE) return -EINVAL
  const priv = priv_of(f)
  trace_enter('gadget_read')
  const error = read_registers(priv)
  trace_leave('gadget_read')
  if (error !== 0) return error
  return copy_to_user(buf, priv + P.buffer, GADGET_REGS) ? count : -EFAULT
}

function gadget_write(f: CharFile, buf: number, count: number): number {
  if (count !== GADGET_WRITE_SIZE) return -EINVAL
  const priv = priv_of(f)
  const g = gadget_of(priv)
  if (!copy_from_user(priv + P.buffer, buf, 1)) return -EFAULT
  const token = fence_enter(FILE(priv))
  if (token < 0) return token
  iowrite32(read(g + MMIO), GO, read(priv + P.buffer))
  fence_leave(FILE(priv), token)
  return count
}

function new_event(priv: number): boolean {
  return ioread32(read(gadget_of(as(priv)) + MMIO), EVENTS) !== read(priv + P.seen)
}

function alarmed(priv: number): boolean {
  return ioread32(read(gadget_of(as(priv)) + MMIO), ALARM) !== 0
}

/** Waits for an event or the alarm. Returns 0 or a negative errno. */
function wait_for(priv: GadgetFile, ready: (priv: number) => boolean, timeoutUs: number): number {
  const g = gadget_of(priv)
  const entered = fence_enter(FILE(priv))
  if (entered < 0) return entered
  const token = fence_wait(FILE(priv), entered, ready, priv, timeoutUs * NSEC_PER_USEC)
  if (token < 0) return token
  write(priv + P.seen, ioread32(read(g + MMIO), EVENTS))
  fence_leave(FILE(priv), token)
  return 0
}

function gadget_ioctl(f: CharFile, cmd: number, arg: number): number {
  if (cmd === GADGET_WAIT_EVENT) return wait_for(priv_of(f), new_event, arg)
  return cmd === GADGET_WAIT_ALARM ? wait_for(priv_of(f), alarmed, arg) : -ENOTTY
}

function gadget_poll(f: CharFile, table: PollTable): number {
  const priv = priv_of(f)
  const token = fence_poll(FILE(priv), table)
  if (token < 0) return fence_gone_mask(FILE(priv))
  const mask = (new_event(priv) ? POLLIN | POLLRDNORM : 0) | (alarmed(priv) ? POLLPRI : 0)
  fence_leave(FILE(priv), token)
  return mask
}

export const gadget_fops: number = file_operations.define('gadget_fops', {
  open: gadget_open,
  release: gadget_close,
  read: gadget_read,
  write: gadget_write,
  ioctl: gadget_ioctl,
  poll: gadget_poll,
})
