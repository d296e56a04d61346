/**
 * Open files of a Switchtec device: a command is written, its result is read; events; poll.
 *
 * Errors    as of v6; v3 says ENXIO, and POLLERR in poll, v5 only write ENODEV. write: EINVAL (size) EINTR ENODEV (dead) EBADE (a command is under way) EFAULT.
 *           read: EINVAL ENODEV EBADE (no command) EAGAIN EINTR EIO EFAULT ENXIO (interrupted) EBADMSG (other status).
 *           ioctl: ENODEV ENOTTY EINVAL (index) EFAULT. poll: everything at once when dead.
 * Order     mrpc_mutex; nothing is held while a read sleeps.
 * Context   sleeps.
 */
import { chardev_file_cache } from '../../kernel/pci/pci_chardev.ts'
import { read, READ_ONCE, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import {
  EAGAIN,
  EBADE,
  EBADMSG,
  EFAULT,
  EINTR,
  EINVAL,
  EIO,
  ENODEV,
  ENOMEM,
  ENOTTY,
  ENXIO,
  ERESTARTSYS,
} from '../../base/errno.ts'
import { file, file_operations, type Cdev, type CharFile } from '../../kernel/cdev/cdev_struct.ts'
import { O_NONBLOCK } from '../../kernel/cdev/chardev_file.ts'
import * as p from '../../kernel/cdev/chardev_poll.ts'
import { copy_from_user, copy_to_user, put_user, words_of } from '../../kernel/cdev/chardev_user.ts'
import { get_device } from '../../kernel/device/device.ts'
import { ioread32 } from '../../kernel/pci/pci_mmio.ts'
import { INIT_LIST_HEAD } from '../../mem/list.ts'
import { kmem_cache_zalloc } from '../../mem/slab.ts'
import {
  kref_init,
  mutex_lock_interruptible,
  mutex_unlock,
  wait_event_interruptible,
} from '../../sync/index.ts'
import { EVENTS, STATUS_DONE, STATUS_ERROR, STATUS_INTERRUPTED, SWITCHTEC_EVENTS } from './hw.ts'
import { mrpc_queue_cmd, stdev_is_alive, stuser_put } from './mrpc.ts'
import {
  MRPC_DONE,
  MRPC_IDLE,
  MRPC_IO_ERROR,
  MRPC_KILLED,
  MRPC_PAYLOAD_SIZE,
  switchtec_dev,
  switchtec_root,
  switchtec_user,
  type Stdev,
  type Stuser,
} from './types.ts'
import { wiring_of } from './wiring.ts'

const S = switchtec_dev.offset
const U = switchtec_user.offset
const LOCK = switchtec_dev.at.mrpc_mutex
const COMP = switchtec_user.at.comp
const PRIVATE = file.offset.private_data
/** Bytes of the command number, and of the return code. */
const HEAD = 4

/** ioctl: writes the events so far to user memory, and this file knows them from then on. */
export const SWITCHTEC_EVENT_SUMMARY = 1
/** ioctl: how often an event of kind `arg` has come up. */
export const SWITCHTEC_EVENT_CTL = 2

/** Takes mrpc_mutex, if the device is alive as far as the wiring asks. Returns 0, -EINTR or -ENODEV. */
function lock_mutex_and_test_alive(stdev: Stdev): number {
  if (mutex_lock_interruptible(LOCK(stdev)) !== 0) return -EINTR
  if (wiring_of(stdev).entry !== 'mutex' || stdev_is_alive(stdev)) return 0
  mutex_unlock(LOCK(stdev))
  return -ENODEV
}

/** v3: the mapping has gone, by a test without a lock. */
function unmapped(stdev: Stdev): boolean {
  return wiring_of(stdev).entry === 'mmio' && READ_ONCE(stdev + S.alive) === 0
}

function user_of(f: CharFile): Stuser {
  return as(read(f + PRIVATE))
}
function stdev_of(stuser: Stuser): Stdev {
  return as(read(stuser + U.stdev))
}

function switchtec_open(cdev: Cdev, f: CharFile): number {
  const stdev = switchtec_dev.of.cdev(cdev)
  const stuser = kmem_cache_zalloc(chardev_file_cache(switchtec_root()), switchtec_user)
  if (stuser === 0) return -ENOMEM
  get_device(switchtec_dev.at.dev(stdev))
  write(stuser + U.stdev, stdev)
  kref_init(switchtec_user.at.kref(stuser))
  INIT_LIST_HEAD(switchtec_user.at.list(stuser))
  p.init_poll_queue(COMP(stuser))
  write(stuser + U.event_cnt, READ_ONCE(stdev + S.event_cnt))
  write(f + PRIVATE, stuser)
  return 0
}

/** Bytes behind the head, or -EINVAL. */
function payload(count: number): number {
  return count < HEAD || count > HEAD + MRPC_PAYLOAD_SIZE ? -EINVAL : count - HEAD
}

/** switchtec_dev_write with mrpc_mutex held. */
function write_command(stuser: Stuser, buf: number, len: number): number {
  if (read(stuser + U.state) !== MRPC_IDLE) return -EBADE
  if (!copy_from_user(stuser + U.cmd, buf, 1)) return -EFAULT
  if (!copy_from_user(stuser + U.data, buf + 1, words_of(len))) return -EFAULT
  write(stuser + U.data_len, len)
  const error = mrpc_queue_cmd(stuser)
  return error === 0 ? HEAD + len : error
}

function switchtec_dev_write(f: CharFile, buf: number, count: number): number {
  const stuser = user_of(f)
  const stdev = stdev_of(stuser)
  if (unmapped(stdev)) return -ENXIO
  const len = payload(count)
  if (len < 0) return len
  trace_enter('switchtec_dev_write')
  trace_point('switchtec_dev_write:tested')
  let result = lock_mutex_and_test_alive(stdev)
  if (result === 0) {
    result = write_command(stuser, buf, len)
    mutex_unlock(LOCK(stdev))
  }
  trace_leave('switchtec_dev_write')
  return result
}

/** Tests that there is a command, and sets what is read of it. Returns 0 or a negative errno. */
function begin_read(stuser: Stuser, len: number): number {
  const stdev = stdev_of(stuser)
  const error = lock_mutex_and_test_alive(stdev)
  if (error !== 0) return error
  const idle = read(stuser + U.state) === MRPC_IDLE
  if (!idle) write(stuser + U.read_len, len)
  mutex_unlock(LOCK(stdev))
  return idle ? -EBADE : 0
}

function command_done(stuser: Stuser): boolean {
  return READ_ONCE(stuser + U.cmd_done) === 1
}

/** Waits, with no lock held, until the command is done or never will be. Returns 0, -EAGAIN or -ERESTARTSYS. */
function wait_for_command(f: CharFile, stuser: Stuser): number {
  if ((read(f + file.offset.f_flags) & O_NONBLOCK) !== 0) return command_done(stuser) ? 0 : -EAGAIN
  const wq = p.poll_queue.at.wq(COMP(stuser))
  return wait_event_interruptible(wq, () => command_done(stuser)) === 0 ? 0 : -ERESTARTSYS
}

/** The result, with mrpc_mutex held. */
function read_result(stuser: Stuser, buf: number, len: number): number {
  const state = read(stuser + U.state)
  if (state === MRPC_IO_ERROR) return -EIO
  if (state === MRPC_KILLED) return -ENODEV
  if (state !== MRPC_DONE) return -EBADE
  if (!put_user(read(stuser + U.return_code), buf)) return -EFAULT
  if (!copy_to_user(buf + 1, stuser + U.data, words_of(len))) return -EFAULT
  write(stuser + U.state, MRPC_IDLE)
  const status = read(stuser + U.status)
  const later = wiring_of(stdev_of(stuser)).firmware
  if (status === STATUS_DONE || (later && status === STATUS_ERROR)) return HEAD + len
  return status === STATUS_INTERRUPTED ? -ENXIO : -EBADMSG
}

/** The result, once nobody has to be waited for. */
function end_read(stuser: Stuser, buf: number, len: number): number {
  const stdev = stdev_of(stuser)
  const error = lock_mutex_and_test_alive(stdev)
  if (error !== 0) return error
  const result = read_result(stuser, buf, len)
  mutex_unlock(LOCK(stdev))
  return result
}

function switchtec_dev_read(f: CharFile, buf: number, count: number): number {
  const stuser = user_of(f)
  if (unmapped(stdev_of(stuser))) return -ENXIO
  const len = payload(count)
  if (len < 0) return len
  trace_enter('switchtec_dev_read')
  const result = begin_read(stuser, len) || wait_for_command(f, stuser) || end_read(stuser, buf, len)
  trace_leave('switchtec_dev_read')
  return result
}

function switchtec_dev_poll(f: CharFile, table: p.PollTable): number {
  const stuser = user_of(f)
  const stdev = stdev_of(stuser)
  p.poll_wait(COMP(stuser), table)
  p.poll_wait(switchtec_dev.at.event_wq(stdev), table)
  if (unmapped(stdev)) return p.POLLERR
  if (wiring_of(stdev).entry === 'mutex') {
    if (lock_mutex_and_test_alive(stdev) !== 0) return p.POLL_GONE
    mutex_unlock(LOCK(stdev))
  }
  const news = READ_ONCE(stdev + S.event_cnt) !== read(stuser + U.event_cnt)
  return (command_done(stuser) ? p.POLLIN | p.POLLRDNORM : 0) | (news ? p.POLLPRI | p.POLLRDBAND : 0)
}

/** Writes the counters of all events to user memory. */
function event_summary(stuser: Stuser, arg: number): number {
  const stdev = stdev_of(stuser)
  const known = READ_ONCE(stdev + S.event_cnt)
  for (let i = 0; i < SWITCHTEC_EVENTS; i++) {
    if (!put_user(ioread32(read(stdev + S.mmio), EVENTS + i), arg + i)) return -EFAULT
  }
  write(stuser + U.event_cnt, known)
  return 0
}

/** switchtec_dev_ioctl with mrpc_mutex held. */
function command(stuser: Stuser, cmd: number, arg: number): number {
  if (cmd === SWITCHTEC_EVENT_SUMMARY) return event_summary(stuser, arg)
  if (cmd !== SWITCHTEC_EVENT_CTL) return -ENOTTY
  if (arg < 0 || arg >= SWITCHTEC_EVENTS) return -EINVAL
  return ioread32(read(stdev_of(stuser) + S.mmio), EVENTS + arg)
}

function switchtec_dev_ioctl(f: CharFile, cmd: number, arg: number): number {
  const stuser = user_of(f)
  const stdev = stdev_of(stuser)
  const error = lock_mutex_and_test_alive(stdev)
  if (error !== 0) return error
  const result = command(stuser, cmd, arg)
  mutex_unlock(LOCK(stdev))
  return result
}

export const switchtec_fops: number = file_operations.define('switchtec_fops', {
  open: switchtec_open,
  release: (f) => {
    stuser_put(user_of(f))
  },
  read: switchtec_dev_read,
  write: switchtec_dev_write,
  ioctl: switchtec_dev_ioctl,
  poll: switchtec_dev_poll,
})
