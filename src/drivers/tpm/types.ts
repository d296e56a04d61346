/**
 * TPM: layouts, operations of the lower driver, globals.
 *
 * Source   drivers/char/tpm/tpm.h, tpm-dev.h, include/linux/tpm.h
 */
import { read } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { cdev } from '../../kernel/cdev/cdev_struct.ts'
import { poll_queue } from '../../kernel/cdev/chardev_poll.ts'
import { device } from '../../kernel/device/device_struct.ts'
import { pci_chardevs } from '../../kernel/pci/pci_chardev.ts'
import { delayed_work, work_struct } from '../../kernel/workqueue_struct.ts'
import { rootAddr } from '../../mem/arena.ts'
import { embed, guarded_by, ptr, struct, word, words } from '../../mem/layout.ts'
import { mutex, rw_semaphore } from '../../sync/index.ts'
import { fence_audit } from '../../fences/audit.ts'

/** Longest command and response, in bytes. */
export const TPM_BUFSIZE = 4096
/** Bytes of a header: tag 2, length 4, ordinal or return code 4. */
export const TPM_HEADER_SIZE = 10
/** Chips that can be there at once. */
export const TPM_MAX = 32

export const tpm_chip = struct('tpm_chip', {
  dev: embed(device),
  cdev: embed(cdev),
  /** Read side: an operation runs. Write side: `ops` changes. */
  ops_sem: embed(rw_semaphore),
  /** Id of tpm_ops; 0 from unregistration on. */
  ops: guarded_by('chip->ops_sem', word),
  /** For the lower driver; to be touched only with operations in hand. */
  lower: guarded_by('chip->ops_sem', word),
  tpm_mutex: embed(mutex),
  /** Who has its command in the hardware; NULL: nobody. */
  busy: guarded_by('chip->tpm_mutex', ptr('tpm_file')),
  /** Everybody who waits for this chip: responses, the free hardware, or the end. */
  poll_wait: embed(poll_queue),
  /** Bit 0: tpm<n> is open. Atomic. */
  is_open: word,
  dev_num: word,
  /** Longest time a command may take, ns in thousands (µs). */
  timeout_us: word,
  audit: embed(fence_audit),
})
export type Chip = Addr<'tpm_chip'>

export const tpm_file = struct('tpm_file', {
  chip: ptr('tpm_chip'),
  /** 1: opened as tpm<n>, which one file at a time may be. */
  exclusive: word,
  buffer_mutex: embed(mutex),
  /** Bytes of the response not yet read, or a negative errno of an asynchronous command. */
  response_length: guarded_by('priv->buffer_mutex', word),
  /** 1: at least a part of the response has been read. */
  response_read: guarded_by('priv->buffer_mutex', word),
  command_enqueued: guarded_by('priv->buffer_mutex', word),
  /** Bytes of the buffer that have been read. */
  off: guarded_by('priv->buffer_mutex', word),
  /** Bytes of the asynchronous command. */
  command_length: guarded_by('priv->buffer_mutex', word),
  /** Forgets a response that nobody reads. */
  timeout_work: embed(delayed_work),
  async_work: embed(work_struct),
  data_buffer: guarded_by('priv->buffer_mutex', words(TPM_BUFSIZE / 4)),
})
export type TpmFile = Addr<'tpm_file'>

/** What a lower driver does. Called with the read side of ops_sem held; may sleep, but not for the hardware. */
export interface TpmOps {
  /** Gives a command to the hardware. Returns 0 or a negative errno. */
  readonly send: (chip: Chip, buf: number, len: number) => number
  /** True when the response is there. */
  readonly ready: (chip: Chip) => boolean
  /** Takes the response: its bytes, or a negative errno. */
  readonly recv: (chip: Chip, buf: number, count: number) => number
  /** Makes the hardware forget the command. */
  readonly cancel: (chip: Chip) => void
}
export const tpm_ops = new OpsTable<TpmOps>('tpm_class_ops')

export const tpm_globals = struct('tpm_globals', {
  chardevs: embed(pci_chardevs),
  vtpm_cache: ptr('kmem_cache'),
  /** Operations after the fence, of chips that have been released. Atomic. */
  late: word,
})

const ROOT = rootAddr('tpm')

/** Globals of the subsystem. */
export function tpm_root(): Addr<'tpm_globals'> {
  return as(read(ROOT))
}
