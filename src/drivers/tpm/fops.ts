/**
 * Open files of a TPM: a command is written, its response is read.
 *
 * Invariant   response_length > 0: the buffer holds that many bytes that nobody has read; < 0: an asynchronous command has failed,
 *             and nobody has read why. Either can be read whatever became of the chip: reading needs no operations.
 * Order       priv->buffer_mutex → ops_sem. Timer and work are cancelled before buffer_mutex is taken: they take it.
 * Context     sleeps. A blocking write sleeps with buffer_mutex held (of its own file), never with operations in hand.
 * Errors      open: EBUSY. write: E2BIG, EBUSY (response pending), EFAULT, EINVAL (length), EPIPE (unregistered), EINTR,
 *             ETIME. read: EFAULT, and what a write of an asynchronous command would have said. poll: HUP and all after unregistration.
 *             The kernel arms no timer when transmit fails with EPIPE; here any error of an asynchronous command is kept for two minutes.
 * Source      drivers/char/tpm/tpm-dev-common.c; poll as drawn by J. Gunthorpe, 2 March 2017: the kernel's takes no operations
 */
import { chardev_file_cache } from '../../kernel/pci/pci_chardev.ts'
import { fetch_and, fetch_or, read, write } from '#access'
import { as } from '../../base/addr.ts'
import { E2BIG, EBUSY, EFAULT, EINVAL, ENOMEM, EPIPE } from '../../base/errno.ts'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { file, file_operations, type Cdev, type CharFile } from '../../kernel/cdev/cdev_struct.ts'
import { O_NONBLOCK } from '../../kernel/cdev/chardev_file.ts'
import {
  POLL_GONE,
  poll_wait,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
  wake_up_poll,
  type PollTable,
} from '../../kernel/cdev/chardev_poll.ts'
import { copy_from_user, copy_to_user, words_of } from '../../kernel/cdev/chardev_user.ts'
import {
  cancel_delayed_work_sync,
  INIT_DELAYED_WORK,
  mod_delayed_work,
  to_delayed_work,
} from '../../kernel/delayed_work.ts'
import { cancel_work_sync, INIT_WORK, queue_work } from '../../kernel/workqueue.ts'
import { work_funcs, type Work } from '../../kernel/workqueue_struct.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import { mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { tpm_put_ops, tpm_try_get_ops } from './chip.ts'
import { tpm_transmit } from './transmit.ts'
import { TPM_BUFSIZE, tpm_chip, tpm_file, tpm_root, type Chip, type TpmFile } from './types.ts'

const P = tpm_file.offset
const IS_OPEN = tpm_chip.offset.is_open
const LOCK = tpm_file.at.buffer_mutex
const BUFFER = P.data_buffer
const TIMEOUT = tpm_file.at.timeout_work
const ASYNC = tpm_file.at.async_work
const PRIVATE = file.offset.private_data
/** A response that nobody reads is forgotten after two minutes. */
const READ_TIMEOUT_NS = 120_000 * NSEC_PER_MSEC
/** Bytes of the smallest command: tag and length. */
const LEAST = 6

function chip_of(priv: TpmFile): Chip {
  return as(read(priv + P.chip))
}

/** So many bytes, or an error, are there to be read until READ_TIMEOUT_NS have passed. buffer_mutex is held. */
function keep_response(priv: TpmFile, length: number): void {
  write(priv + P.response_length, length)
  if (length !== 0) mod_delayed_work(TIMEOUT(priv), READ_TIMEOUT_NS)
}

function forget_response(priv: TpmFile): void {
  const words = words_of(TPM_BUFSIZE)
  for (let i = 0; i < words; i++) write(priv + BUFFER + i, 0)
  write(priv + P.response_read, 1)
  write(priv + P.response_length, 0)
}

function tpm_timeout_work(work: Work): void {
  const priv = tpm_file.of.timeout_work(to_delayed_work(work))
  mutex_lock(LOCK(priv))
  forget_response(priv)
  mutex_unlock(LOCK(priv))
  wake_up_poll(tpm_chip.at.poll_wait(chip_of(priv)))
}
const TIMEOUT_WORK = work_funcs.define('tpm_timeout_work', tpm_timeout_work)

function tpm_dev_async_work(work: Work): void {
  const priv = tpm_file.of.async_work(work)
  mutex_lock(LOCK(priv))
  write(priv + P.command_enqueued, 0)
  const result = transmit(priv, read(priv + P.command_length))
  // A failed command leaves its error to be read, and forgotten like a response.
  if (result < 0) keep_response(priv, result)
  mutex_unlock(LOCK(priv))
  wake_up_poll(tpm_chip.at.poll_wait(chip_of(priv)))
}
const ASYNC_WORK = work_funcs.define('tpm_dev_async_work', tpm_dev_async_work)

function tpm_open(cdev: Cdev, f: CharFile): number {
  const chip = tpm_chip.of.cdev(cdev)
  const exclusive = read(f + file.offset.minor) === 0
  if (exclusive && fetch_or(chip + IS_OPEN, 1) !== 0) return -EBUSY
  const priv = kmem_cache_zalloc(chardev_file_cache(tpm_root()), tpm_file)
  if (priv === 0) {
    if (exclusive) fetch_and(chip + IS_OPEN, 0)
    return -ENOMEM
  }
  write(priv + P.chip, chip)
  write(priv + P.exclusive, exclusive ? 1 : 0)
  mutex_init(LOCK(priv), '&priv->buffer_mutex')
  INIT_DELAYED_WORK(TIMEOUT(priv), TIMEOUT_WORK, '(work_completion)(&priv->timeout_work)')
  INIT_WORK(ASYNC(priv), ASYNC_WORK, '(work_completion)(&priv->async_work)')
  write(f + PRIVATE, priv)
  return 0
}

function tpm_release(f: CharFile): void {
  const priv = as<'tpm_file'>(read(f + PRIVATE))
  cancel_work_sync(ASYNC(priv))
  cancel_delayed_work_sync(TIMEOUT(priv))
  if (read(priv + P.exclusive) === 1) fetch_and(chip_of(priv) + IS_OPEN, 0)
  kmem_cache_free(chardev_file_cache(tpm_root()), tpm_file, priv)
}

/** Byte `i` of the words at `at`. */
function byte(at: number, i: number): number {
  return (read(at + (i >> 2)) >>> ((i & 3) << 3)) & 0xff
}

/** Length that a command's header claims, big-endian from its third byte. */
function claimed_length(at: number): number {
  return ((byte(at, 2) << 24) | (byte(at, 3) << 16) | (byte(at, 4) << 8) | byte(at, 5)) >>> 0
}

/** Carries out the command in the buffer. buffer_mutex is held. Returns 0 or a negative errno. */
function transmit(priv: TpmFile, len: number): number {
  const chip = chip_of(priv)
  if (tpm_try_get_ops(chip) !== 0) return -EPIPE
  const got = tpm_transmit(chip, priv, priv + BUFFER, len)
  if (got !== -EPIPE) tpm_put_ops(chip)
  if (got < 0) return got
  keep_response(priv, got)
  return 0
}

/** tpm_write with buffer_mutex held. */
function write_command(f: CharFile, priv: TpmFile, buf: number, count: number): number {
  const unread = read(priv + P.response_read) === 0 && read(priv + P.response_length) !== 0
  if (unread || read(priv + P.command_enqueued) === 1) return -EBUSY
  if (!copy_from_user(priv + BUFFER, buf, words_of(count))) return -EFAULT
  if (count < LEAST || count < claimed_length(priv + BUFFER)) return -EINVAL
  write(priv + P.response_length, 0)
  write(priv + P.response_read, 0)
  write(priv + P.off, 0)
  if ((read(f + file.offset.f_flags) & O_NONBLOCK) === 0) {
    const error = transmit(priv, count)
    return error === 0 ? count : error
  }
  write(priv + P.command_enqueued, 1)
  write(priv + P.command_length, count)
  queue_work(ASYNC(priv))
  return count
}

function tpm_write(f: CharFile, buf: number, count: number): number {
  const priv = as<'tpm_file'>(read(f + PRIVATE))
  if (count > TPM_BUFSIZE) return -E2BIG
  mutex_lock(LOCK(priv))
  const result = write_command(f, priv, buf, count)
  mutex_unlock(LOCK(priv))
  return result
}

/** tpm_read with buffer_mutex held. Only whole words are copied; a part of a response is a multiple of four bytes. */
function read_response(priv: TpmFile, buf: number, count: number): number {
  const left = read(priv + P.response_length)
  if (left === 0) return 0
  write(priv + P.response_read, 1)
  if (left < 0) {
    write(priv + P.response_length, 0)
    return left
  }
  const size = Math.min(count, left)
  const off = read(priv + P.off)
  if (size > 0 && !copy_to_user(buf, priv + BUFFER + (off >> 2), words_of(size))) {
    forget_response(priv)
    return -EFAULT
  }
  write(priv + P.response_length, size > 0 ? left - size : 0)
  write(priv + P.off, off + size)
  return size
}

function tpm_read(f: CharFile, buf: number, count: number): number {
  const priv = as<'tpm_file'>(read(f + PRIVATE))
  cancel_delayed_work_sync(TIMEOUT(priv))
  mutex_lock(LOCK(priv))
  const result = read_response(priv, buf, count)
  if (read(priv + P.response_length) > 0) mod_delayed_work(TIMEOUT(priv), READ_TIMEOUT_NS)
  mutex_unlock(LOCK(priv))
  return result
}

function tpm_poll(f: CharFile, table: PollTable): number {
  const priv = as<'tpm_file'>(read(f + PRIVATE))
  const chip = chip_of(priv)
  poll_wait(tpm_chip.at.poll_wait(chip), table)
  if (tpm_try_get_ops(chip) !== 0) return POLL_GONE
  tpm_put_ops(chip)
  mutex_lock(LOCK(priv))
  const pending = read(priv + P.response_length) !== 0
  const enqueued = read(priv + P.command_enqueued) === 1
  mutex_unlock(LOCK(priv))
  if (pending) return POLLIN | POLLRDNORM
  return enqueued ? 0 : POLLOUT | POLLWRNORM
}

/** Operations of both nodes. */
export const tpm_fops: number = file_operations.define('tpm_fops', {
  open: tpm_open,
  release: tpm_release,
  read: tpm_read,
  write: tpm_write,
  poll: tpm_poll,
})
