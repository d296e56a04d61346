/**
 * Switchtec: layouts and globals.
 *
 * Source   drivers/pci/switch/switchtec.c of Linux 4.12 and 6.8, by behaviour only
 */
import { read } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { cdev } from '../../kernel/cdev/cdev_struct.ts'
import { poll_queue } from '../../kernel/cdev/chardev_poll.ts'
import { device } from '../../kernel/device/device_struct.ts'
import { pci_chardevs } from '../../kernel/pci/pci_chardev.ts'
import { delayed_work, work_struct } from '../../kernel/workqueue_struct.ts'
import { list_head } from '../../mem/list.ts'
import { rootAddr } from '../../mem/arena.ts'
import { embed, guarded_by, ptr, struct, word, words } from '../../mem/layout.ts'
import { kref, mutex } from '../../sync/index.ts'

/** Bytes of input and of output that a command can have. */
export const MRPC_PAYLOAD_SIZE = 1024
/** Devices that can be there at once. */
export const SWITCHTEC_MAX = 32
/** A lost interrupt is noticed after so long: 500 ms. */
export const MRPC_TIMEOUT_US = 500_000

/** States of a user's command. */
export const MRPC_IDLE = 0
export const MRPC_QUEUED = 1
export const MRPC_RUNNING = 2
export const MRPC_DONE = 3
/** Later kernels: the firmware does not answer. */
export const MRPC_IO_ERROR = 4
/** v5: the device has gone while the command was queued. */
export const MRPC_KILLED = 5

export const switchtec_dev = struct('switchtec_dev', {
  dev: embed(device),
  cdev: embed(cdev),
  pdev: ptr('pci_dev'),
  /** Id of `wirings`. */
  wiring: word,
  number: word,
  /** Mapping of the registers. It belongs to the PCI device: after the unbind it is dead. */
  mmio: word,
  alive: guarded_by('stdev->mrpc_mutex', word),
  /** Held for `alive`, the queue, and every user's command. */
  mrpc_mutex: embed(mutex),
  mrpc_queue: guarded_by('stdev->mrpc_mutex', embed(list_head)),
  mrpc_busy: guarded_by('stdev->mrpc_mutex', word),
  mrpc_work: embed(work_struct),
  mrpc_timeout: embed(delayed_work),
  timeout_us: word,
  event_wq: embed(poll_queue),
  /** Events so far. Atomic. */
  event_cnt: word,
})
export type Stdev = Addr<'switchtec_dev'>

/** One open file. */
export const switchtec_user = struct('switchtec_user', {
  stdev: ptr('switchtec_dev'),
  /** The file, and the queue while the command is in it. */
  kref: embed(kref),
  list: guarded_by('stdev->mrpc_mutex', embed(list_head)),
  state: guarded_by('stdev->mrpc_mutex', word),
  /** Woken when the command is done, or never will be. */
  comp: embed(poll_queue),
  /** 1: that has happened. Atomic. */
  cmd_done: word,
  cmd: guarded_by('stdev->mrpc_mutex', word),
  status: guarded_by('stdev->mrpc_mutex', word),
  return_code: guarded_by('stdev->mrpc_mutex', word),
  /** Bytes. */
  data_len: guarded_by('stdev->mrpc_mutex', word),
  read_len: guarded_by('stdev->mrpc_mutex', word),
  data: guarded_by('stdev->mrpc_mutex', words(MRPC_PAYLOAD_SIZE / 4)),
  /** Count of events that this file knows of. */
  event_cnt: word,
})
export type Stuser = Addr<'switchtec_user'>

export const switchtec_globals = struct('switchtec_globals', {
  chardevs: embed(pci_chardevs),
  /** Id of the wiring that probe uses, and its time-out. Set while nothing is plugged. */
  wiring: word,
  timeout_us: word,
})

const ROOT = rootAddr('switchtec')

/** Globals. */
export function switchtec_root(): Addr<'switchtec_globals'> {
  return as(read(ROOT))
}
