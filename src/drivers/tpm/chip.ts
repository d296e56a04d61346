/**
 * tpm_chip: registration and the strong fence.
 *
 * Fence       whoever calls the lower driver holds operations: tpm_try_get_ops … tpm_put_ops, which is the read side of
 *             ops_sem. tpm_chip_unregister takes the write side and sets ops to NULL. After it has returned no operation
 *             runs and none ever will: the lower driver may free its interrupt, unmap and be unloaded.
 *             The chip itself lives on while files are open: each answers EPIPE.
 * Never       sleep for the hardware with operations in hand: see transmit.ts. Hang what belongs to the hardware on the
 *             chip's device: it is released at the last put, not by the fence.
 * Order       priv->buffer_mutex → ops_sem → tpm_mutex.
 * Context     sleeps.
 * Source      drivers/char/tpm/tpm-chip.c; J. Gunthorpe, 2 March 2017
 */
import { fetch_add, read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { EIO } from '../../base/errno.ts'
import { cdev_add, cdev_del, cdev_set_parent } from '../../kernel/cdev/cdev.ts'
import { init_poll_queue, wake_up_poll } from '../../kernel/cdev/chardev_poll.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { device_del } from '../../kernel/device/device_del.ts'
import { get_device, put_device } from '../../kernel/device/device.ts'
import { device, device_releases } from '../../kernel/device/device_struct.ts'
import {
  chardev_alloc,
  chardev_devt,
  chardev_free,
  chardev_initialize,
} from '../../kernel/pci/pci_chardev.ts'
import { down_read, down_write, init_rwsem, mutex_init, up_read, up_write } from '../../sync/index.ts'
import { audit_close, audit_late } from '../../fences/audit.ts'
import { tpm_chip, tpm_globals, tpm_root, type Chip } from './types.ts'

const C = tpm_chip.offset
const G = tpm_globals.offset
const DEV = tpm_chip.at.dev
const SEM = tpm_chip.at.ops_sem

/** Longest a command may take unless the lower driver says otherwise: two minutes. */
const DEFAULT_TIMEOUT_US = 120_000_000

/** What the last put does. */
export const TPM_DEV_RELEASE: number = device_releases.define('tpm_dev_release', (dev) => {
  const chip = tpm_chip.of.dev(dev)
  fetch_add(tpm_root() + G.late, audit_late(tpm_chip.at.audit(chip)))
  chardev_free(tpm_root(), tpm_chip, chip, C.dev_num)
})

/**
 * Makes a chip, not yet known to anybody. It dies by tpm_chip_put.
 * @param parent device of the lower driver
 * @param ops id of tpm_ops
 * @returns the chip, -ENOMEM, or -ENOSPC when there are TPM_MAX
 */
export function tpm_chip_alloc(parent: Addr<'device'>, ops: number, lower: number): number {
  const made = chardev_alloc(tpm_root(), tpm_chip, C.dev_num)
  if (made < 0) return made
  const chip = as<'tpm_chip'>(made)
  const [dev, cdev] = [DEV(chip), tpm_chip.at.cdev(chip)]
  chardev_initialize(tpm_root(), dev, cdev, parent, read(chip + C.dev_num))
  write(chip + C.timeout_us, DEFAULT_TIMEOUT_US)
  init_rwsem(SEM(chip), '&chip->ops_sem')
  mutex_init(tpm_chip.at.tpm_mutex(chip), '&chip->tpm_mutex')
  init_poll_queue(tpm_chip.at.poll_wait(chip))
  cdev_set_parent(cdev, device.at.kobj(dev))
  write(chip + C.lower, lower)
  write(chip + C.ops, ops)
  return chip
}

/** Drops the maker's reference. */
export function tpm_chip_put(chip: Chip): void {
  put_device(DEV(chip))
}

/** Number of /dev/tpm<n>, which one file at a time may have open. */
export function tpm_devt(n: number): number {
  return chardev_devt(tpm_root(), n)
}

/** Number of /dev/tpmrm<n>, which any number of files may have open. */
export function tpmrm_devt(n: number): number {
  return tpm_devt(n) + 1
}

/** Lets user space at the chip. Returns 0 or a negative errno; after an error the chip is put. */
export function tpm_chip_register(chip: Chip): number {
  const dev = DEV(chip)
  const error = cdev_add(tpm_chip.at.cdev(chip), tpm_devt(read(chip + C.dev_num)), 2)
  if (error !== 0) return error
  const failed = device_add(dev)
  if (failed !== 0) cdev_del(tpm_chip.at.cdev(chip))
  return failed
}

/**
 * Takes the chip away from user space.
 * On return nothing runs in the lower driver, and nothing ever will; open files answer EPIPE; sleepers have been woken.
 */
export function tpm_chip_unregister(chip: Chip): void {
  trace_enter('tpm_chip_unregister')
  device_del(DEV(chip))
  cdev_del(tpm_chip.at.cdev(chip))
  trace_point('tpm_chip_unregister:fence')
  down_write(SEM(chip))
  write(chip + C.ops, 0)
  up_write(SEM(chip))
  wake_up_poll(tpm_chip.at.poll_wait(chip))
  audit_close(tpm_chip.at.audit(chip))
  trace_leave('tpm_chip_unregister')
}

/** Takes operations: the lower driver stays until tpm_put_ops. Returns 0, or -EIO after unregistration. */
export function tpm_try_get_ops(chip: Chip): number {
  get_device(DEV(chip))
  down_read(SEM(chip))
  if (read(chip + C.ops) !== 0) return 0
  tpm_put_ops(chip)
  return -EIO
}

/** Gives operations back. */
export function tpm_put_ops(chip: Chip): void {
  up_read(SEM(chip))
  put_device(DEV(chip))
}
