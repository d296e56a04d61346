/**
 * The device: made by probe, taken away by remove, freed at the last put, which an open file delays.
 *
 * What a wiring decides is decided here: whose managed resource the interrupt is, and what removal does about users.
 *
 * Order      device_lock → mrpc_mutex. stdev_kill cancels the timer before it takes mrpc_mutex.
 * Context    sleeps.
 */
import { fetch_add, read, write, WRITE_ONCE } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { cdev_device_add, cdev_device_del } from '../../kernel/cdev/cdev_device.ts'
import { init_poll_queue, wake_up_poll } from '../../kernel/cdev/chardev_poll.ts'
import { INIT_DELAYED_WORK } from '../../kernel/delayed_work.ts'
import { put_device } from '../../kernel/device/device.ts'
import { device_releases, type Device } from '../../kernel/device/device_struct.ts'
import { irq_handlers, IRQ_HANDLED, IRQ_NONE } from '../../kernel/irq.ts'
import { pci_clear_master } from '../../kernel/pci/pci_manage.ts'
import { ioread32, iowrite32 } from '../../kernel/pci/pci_mmio.ts'
import {
  chardev_alloc,
  chardev_devt,
  chardev_free,
  chardev_initialize,
} from '../../kernel/pci/pci_chardev.ts'
import { pci_dev, type PciDev } from '../../kernel/pci/pci_struct.ts'
import { INIT_WORK } from '../../kernel/workqueue.ts'
import { INIT_LIST_HEAD } from '../../mem/list.ts'
import { mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { CAUSE, CAUSE_EVENT, CAUSE_MRPC, DMA_EN } from './hw.ts'
import {
  MRPC_EVENT_WORK,
  mrpc_release_all,
  MRPC_TIMEOUT_WORK,
  schedule_mrpc_work,
  stop_timer_sync,
} from './mrpc.ts'
import { switchtec_dev, switchtec_globals, switchtec_root, type Stdev } from './types.ts'
import { wiring_of } from './wiring.ts'

const S = switchtec_dev.offset
const G = switchtec_globals.offset
const DEV = switchtec_dev.at.dev
const LOCK = switchtec_dev.at.mrpc_mutex
const EVENT_WQ = switchtec_dev.at.event_wq

function disable_dma(stdev: Stdev): void {
  iowrite32(read(stdev + S.mmio), DMA_EN, 0)
}

function stdev_release(dev: Device): void {
  const stdev = switchtec_dev.of.dev(dev)
  trace_enter('stdev_release')
  // The hardware may be long gone: what is wrong with it, and was for six years.
  if (wiring_of(stdev).dma === 'release') disable_dma(stdev)
  chardev_free(switchtec_root(), switchtec_dev, stdev, S.number)
  trace_leave('stdev_release')
}
/** What the last put does. */
export const STDEV_RELEASE: number = device_releases.define('stdev_release', stdev_release)

function init_mrpc(stdev: Stdev): void {
  mutex_init(LOCK(stdev), '&stdev->mrpc_mutex')
  INIT_LIST_HEAD(switchtec_dev.at.mrpc_queue(stdev))
  INIT_WORK(switchtec_dev.at.mrpc_work(stdev), MRPC_EVENT_WORK, '(work_completion)(&stdev->mrpc_work)')
  INIT_DELAYED_WORK(
    switchtec_dev.at.mrpc_timeout(stdev),
    MRPC_TIMEOUT_WORK,
    '(work_completion)(&(&stdev->mrpc_timeout)->work)',
  )
  init_poll_queue(EVENT_WQ(stdev))
}

/** Makes a device, not yet known to anybody: one reference. Returns it, -ENOMEM or -ENOSPC. */
export function stdev_create(pdev: PciDev, mmio: number): number {
  const root = switchtec_root()
  const made = chardev_alloc(root, switchtec_dev, S.number)
  if (made < 0) return made
  const stdev = as<'switchtec_dev'>(made)
  write(stdev + S.alive, 1)
  write(stdev + S.pdev, pdev)
  write(stdev + S.wiring, read(root + G.wiring))
  write(stdev + S.timeout_us, read(root + G.timeout_us))
  init_mrpc(stdev)
  write(stdev + S.mmio, mmio)
  const cdev = switchtec_dev.at.cdev(stdev)
  chardev_initialize(root, DEV(stdev), cdev, pci_dev.at.dev(pdev), read(stdev + S.number))
  return stdev
}

/** Lets user space at it. Returns 0 or a negative errno. */
export function stdev_add(stdev: Stdev): number {
  return cdev_device_add(switchtec_dev.at.cdev(stdev), DEV(stdev))
}

/** Drops the reference of its maker: a managed resource of the PCI device. */
export function stdev_put(stdev: Stdev): void {
  put_device(DEV(stdev))
}

/** Number of /dev/switchtec<n>. */
export function switchtec_devt(n: number): number {
  return chardev_devt(switchtec_root(), n)
}

function kill_users(stdev: Stdev): void {
  write(stdev + S.alive, 0)
  mrpc_release_all(stdev)
}

/**
 * The hard fence: after it no command runs and none will be started; every user has been told.
 * A write that comes after the timer was cancelled and before `alive` is cleared arms it again; it then finds the queue empty, if
 * it asks (`hardened`), and touches dead registers if it does not.
 */
function stdev_kill(stdev: Stdev): void {
  trace_enter('stdev_kill')
  pci_clear_master(as(read(stdev + S.pdev)))
  if (wiring_of(stdev).dma === 'kill') disable_dma(stdev)
  stop_timer_sync(stdev)
  trace_point('stdev_kill:timer_stopped')
  mutex_lock(LOCK(stdev))
  kill_users(stdev)
  mutex_unlock(LOCK(stdev))
  wake_up_poll(EVENT_WQ(stdev))
  trace_leave('stdev_kill')
}

/** The control: the timer's function waits for the mutex that is held while it is waited for. */
function stdev_kill_reversed(stdev: Stdev): void {
  trace_enter('stdev_kill')
  mutex_lock(LOCK(stdev))
  trace_point('stdev_kill:locked')
  stop_timer_sync(stdev)
  kill_users(stdev)
  mutex_unlock(LOCK(stdev))
  wake_up_poll(EVENT_WQ(stdev))
  trace_leave('stdev_kill')
}

/** v5: no new command; who waits is released by the timer, half a second later. */
function stdev_dies(stdev: Stdev): void {
  mutex_lock(LOCK(stdev))
  write(stdev + S.alive, 0)
  mutex_unlock(LOCK(stdev))
}

/** Takes the device away, as the wiring has it. Managed resources of the PCI device go afterwards. */
export function stdev_remove(stdev: Stdev): void {
  const { kill } = wiring_of(stdev)
  trace_enter('switchtec_pci_remove')
  // Without a lock: who has tested it goes on.
  if (kill === 'mmio') WRITE_ONCE(stdev + S.alive, 0)
  if (kill === 'alive') stdev_dies(stdev)
  cdev_device_del(switchtec_dev.at.cdev(stdev), DEV(stdev))
  trace_point('switchtec_pci_remove:deleted')
  if (kill === 'stdev_kill') stdev_kill(stdev)
  if (kill === 'reversed') stdev_kill_reversed(stdev)
  trace_leave('switchtec_pci_remove')
}

/** The interrupt: a command is done, or an event has come up. */
export const switchtec_isr: number = irq_handlers.define('switchtec', (_irq, dev_id) => {
  const stdev = as<'switchtec_dev'>(dev_id)
  const cause = ioread32(read(stdev + S.mmio), CAUSE)
  if ((cause & CAUSE_EVENT) !== 0) {
    fetch_add(stdev + S.event_cnt, 1)
    wake_up_poll(EVENT_WQ(stdev))
  }
  if ((cause & CAUSE_MRPC) !== 0) schedule_mrpc_work(stdev)
  return cause === 0 ? IRQ_NONE : IRQ_HANDLED
})
