/**
 * MRPC: commands to the switch, one at a time, first come first served.
 *
 * States     IDLE → QUEUED → RUNNING → DONE → IDLE (when it has been read). The user at the head of the queue is the one
 *            that runs, if mrpc_busy is 1. A queued user is referenced by the queue.
 * Time-out   whenever a command is started the timer is armed: if the interrupt is lost the timer finds the result.
 * References a work that is wanted holds the device, so its function may be the last to let it go. (The kernel relies on
 *            the order of remove.)
 * Order      mrpc_mutex; the works take it, so nobody may cancel them with it held.
 * Context    sleeps.
 */
import { chardev_file_cache } from '../../kernel/pci/pci_chardev.ts'
import { cmpxchg, read, WRITE_ONCE, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as } from '../../base/addr.ts'
import { NSEC_PER_USEC } from '../../base/constants.ts'
import { ENODEV } from '../../base/errno.ts'
import { wake_up_poll } from '../../kernel/cdev/chardev_poll.ts'
import { words_of } from '../../kernel/cdev/chardev_user.ts'
import {
  cancel_delayed_work,
  cancel_delayed_work_sync,
  schedule_delayed_work,
  to_delayed_work,
} from '../../kernel/delayed_work.ts'
import { get_device, put_device } from '../../kernel/device/device.ts'
import { ALL_ONES, ioread32, iowrite32 } from '../../kernel/pci/pci_mmio.ts'
import { queue_work } from '../../kernel/workqueue.ts'
import { work_funcs, type Work } from '../../kernel/workqueue_struct.ts'
import { list_add_tail, list_del_init, list_empty, list_next } from '../../mem/list.ts'
import { kmem_cache_free } from '../../mem/slab.ts'
import { kref_get, kref_put, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import * as hw from './hw.ts'
import {
  MRPC_DONE,
  MRPC_IO_ERROR,
  MRPC_KILLED,
  MRPC_QUEUED,
  MRPC_RUNNING,
  switchtec_dev,
  switchtec_root,
  switchtec_user,
  type Stdev,
  type Stuser,
} from './types.ts'
import { wiring_of } from './wiring.ts'

const S = switchtec_dev.offset
const U = switchtec_user.offset
const DEV = switchtec_dev.at.dev
const LOCK = switchtec_dev.at.mrpc_mutex
const QUEUE = switchtec_dev.at.mrpc_queue
const WORK = switchtec_dev.at.mrpc_work
const TIMEOUT = switchtec_dev.at.mrpc_timeout
const LIST = switchtec_user.at.list
const ofList = switchtec_user.of.list
const ofKref = switchtec_user.of.kref

function free_user(ref: Parameters<typeof kref_get>[0]): void {
  const stuser = ofKref(ref)
  const stdev = as<'switchtec_dev'>(read(stuser + U.stdev))
  kmem_cache_free(chardev_file_cache(switchtec_root()), switchtec_user, stuser)
  put_device(DEV(stdev))
}

/** Drops a reference to a user, and with the last one that user's to the device. */
export function stuser_put(stuser: Stuser): void {
  kref_put(switchtec_user.at.kref(stuser), free_user)
}

function arm_timer(stdev: Stdev): void {
  get_device(DEV(stdev))
  const armed = schedule_delayed_work(TIMEOUT(stdev), read(stdev + S.timeout_us) * NSEC_PER_USEC)
  if (!armed) put_device(DEV(stdev))
}

/** Takes the timer back if it has not gone off. */
function stop_timer(stdev: Stdev): void {
  if (cancel_delayed_work(TIMEOUT(stdev))) put_device(DEV(stdev))
}

/** Takes the timer back and waits until its function does not run. Never with mrpc_mutex held. */
export function stop_timer_sync(stdev: Stdev): void {
  if (cancel_delayed_work_sync(TIMEOUT(stdev))) put_device(DEV(stdev))
}

/** The interrupt says that a command is done. */
export function schedule_mrpc_work(stdev: Stdev): void {
  get_device(DEV(stdev))
  if (!queue_work(WORK(stdev))) put_device(DEV(stdev))
}

/** User at the head of the queue; 0: it is empty. mrpc_mutex is held. */
function first(stdev: Stdev): Stuser {
  const head = QUEUE(stdev)
  return list_empty(head) ? as(0) : ofList(list_next(head))
}

/** Starts the command at the head, unless one is running. mrpc_mutex is held. */
function mrpc_cmd_submit(stdev: Stdev): void {
  const stuser = first(stdev)
  if (read(stdev + S.mrpc_busy) === 1 || stuser === 0) return
  const mmio = read(stdev + S.mmio)
  write(stdev + S.mrpc_busy, 1)
  write(stuser + U.state, MRPC_RUNNING)
  const words = words_of(read(stuser + U.data_len))
  for (let i = 0; i < words; i++) iowrite32(mmio, hw.INPUT + i, read(stuser + U.data + i))
  iowrite32(mmio, hw.MRPC_CMD, read(stuser + U.cmd))
  arm_timer(stdev)
}

/** Queues the command of a user that has none. mrpc_mutex is held. Returns 0, or -ENODEV (v5). */
export function mrpc_queue_cmd(stuser: Stuser): number {
  const stdev = as<'switchtec_dev'>(read(stuser + U.stdev))
  if (wiring_of(stdev).entry === 'queue' && !stdev_is_alive(stdev)) return -ENODEV
  kref_get(switchtec_user.at.kref(stuser))
  write(stuser + U.read_len, read(stuser + U.data_len))
  write(stuser + U.state, MRPC_QUEUED)
  WRITE_ONCE(stuser + U.cmd_done, 0)
  list_add_tail(LIST(stuser), QUEUE(stdev))
  mrpc_cmd_submit(stdev)
  return 0
}

/** Whoever waits for this command shall look. */
function complete_all(stuser: Stuser): void {
  // A full barrier before the wake-up looks for waiters.
  cmpxchg(stuser + U.cmd_done, 0, 1)
  wake_up_poll(switchtec_user.at.comp(stuser))
}

/** The queue lets the user go. mrpc_mutex is held. */
function leave_queue(stuser: Stuser): void {
  complete_all(stuser)
  list_del_init(LIST(stuser))
  stuser_put(stuser)
}

/** Fetches what the switch has to say of the command that ran. */
function take_result(stdev: Stdev, stuser: Stuser, status: number): void {
  const mmio = read(stdev + S.mmio)
  write(stuser + U.state, MRPC_DONE)
  write(stuser + U.status, status)
  write(stuser + U.return_code, 0)
  if (status !== hw.STATUS_DONE) return
  write(stuser + U.return_code, ioread32(mmio, hw.MRPC_RET))
  if (read(stuser + U.return_code) !== 0) return
  const words = words_of(read(stuser + U.read_len))
  for (let i = 0; i < words; i++) write(stuser + U.data + i, ioread32(mmio, hw.OUTPUT + i))
}

/** Ends the running command if the switch has done it. mrpc_mutex is held. */
function mrpc_complete_cmd(stdev: Stdev): void {
  const stuser = first(stdev)
  if (stuser === 0) return
  const status = ioread32(read(stdev + S.mmio), hw.MRPC_STATUS)
  if (status === hw.STATUS_INPROGRESS) {
    // An interrupt's work that comes late has cancelled the timer of a command that it is not about.
    if (wiring_of(stdev).rearms) arm_timer(stdev)
    return
  }
  take_result(stdev, stuser, status)
  leave_queue(stuser)
  write(stdev + S.mrpc_busy, 0)
  mrpc_cmd_submit(stdev)
}

/** Lets every queued user go, whatever became of its command. mrpc_mutex is held. */
export function mrpc_release_all(stdev: Stdev): void {
  for (let stuser = first(stdev); stuser !== 0; stuser = first(stdev)) leave_queue(stuser)
  write(stdev + S.mrpc_busy, 0)
}

/** True until removal has said otherwise. mrpc_mutex is held. */
export function stdev_is_alive(stdev: Stdev): boolean {
  return read(stdev + S.alive) === 1
}

/** v5: the first command is killed, and the next one submitted, to a device that is gone. */
function kill_first(stdev: Stdev): void {
  const stuser = first(stdev)
  if (stuser === 0) return
  write(stuser + U.state, MRPC_KILLED)
  leave_queue(stuser)
  write(stdev + S.mrpc_busy, 0)
  mrpc_cmd_submit(stdev)
}

/** A work's part: `end` if the device is alive as far as works ask; otherwise users are let go. mrpc_mutex is held. */
function if_alive(stdev: Stdev, end: (stdev: Stdev) => void): void {
  const { works } = wiring_of(stdev)
  if (works === 'blind' || stdev_is_alive(stdev)) end(stdev)
  else if (works === 'first') kill_first(stdev)
  else mrpc_release_all(stdev)
}

function mrpc_event_work(work: Work): void {
  const stdev = switchtec_dev.of.mrpc_work(work)
  trace_enter('mrpc_event_work')
  mutex_lock(LOCK(stdev))
  stop_timer(stdev)
  if_alive(stdev, mrpc_complete_cmd)
  mutex_unlock(LOCK(stdev))
  put_device(DEV(stdev))
  trace_leave('mrpc_event_work')
}
/** The interrupt's work: a command is done. */
export const MRPC_EVENT_WORK: number = work_funcs.define('mrpc_event_work', mrpc_event_work)

/** The firmware does not answer any more: whoever waits gets -EIO. */
function fail_all(stdev: Stdev): void {
  for (let stuser = first(stdev); stuser !== 0; stuser = first(stdev)) {
    write(stuser + U.state, MRPC_IO_ERROR)
    leave_queue(stuser)
  }
  write(stdev + S.mrpc_busy, 0)
}

/** The interrupt has not come: look by oneself. mrpc_mutex is held. */
function look(stdev: Stdev): void {
  const mmio = read(stdev + S.mmio)
  if (wiring_of(stdev).firmware && ioread32(mmio, hw.ALIVE) === ALL_ONES) return fail_all(stdev)
  if (ioread32(mmio, hw.MRPC_STATUS) === hw.STATUS_INPROGRESS) return arm_timer(stdev)
  return mrpc_complete_cmd(stdev)
}

function mrpc_timeout_work(work: Work): void {
  const stdev = switchtec_dev.of.mrpc_timeout(to_delayed_work(work))
  trace_enter('mrpc_timeout_work')
  mutex_lock(LOCK(stdev))
  if_alive(stdev, look)
  mutex_unlock(LOCK(stdev))
  put_device(DEV(stdev))
  trace_leave('mrpc_timeout_work')
}
/** The timer's work: the interrupt has not come in time. */
export const MRPC_TIMEOUT_WORK: number = work_funcs.define('mrpc_timeout_work', mrpc_timeout_work)
