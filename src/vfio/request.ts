/**
 * The request to a user who is in the way: an eventfd of his is signalled, and a line is logged now and then.
 *
 * Context   any; the unregistering task calls it every period.
 * Source    vfio_pci_request, drivers/vfio/pci/vfio_pci_core.c
 */
import { fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { dev_printk } from '../kernel/device/device.ts'
import { KERN_NOTICE, KERN_WARNING } from '../kernel/printk.ts'
import { static_name } from '../kernel/static_name.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { init_waitqueue_head, wait_event_timeout, wait_queue_head, wake_up_all } from '../sync/index.ts'
import { vfio_device, type VfioDevice } from './types.ts'

/** A counter that a user waits on. */
export const eventfd = struct('eventfd', { count: word, wqh: embed(wait_queue_head) })

const TRIGGER = vfio_device.offset.req_trigger
/** One line in so many requests. */
const LOG_EVERY = 10
const RELAYING = static_name('Relaying device request to user (#%u)')
const NO_CHANNEL = static_name('No device request channel registered, blocked until released by user')

/** Prepares an eventfd. */
export function eventfd_init(ev: Addr<'eventfd'>): void {
  WRITE_ONCE(ev, 0)
  init_waitqueue_head(eventfd.at.wqh(ev))
}

/** Counts up and wakes who waits. */
function eventfd_signal(ev: Addr<'eventfd'>): void {
  fetch_add(ev, 1)
  wake_up_all(eventfd.at.wqh(ev))
}

/** Waits until the count is at least `count`, or the time is up. Returns the count. */
export function eventfd_wait(ev: Addr<'eventfd'>, count: number, timeoutNs: number): number {
  wait_event_timeout(eventfd.at.wqh(ev), () => READ_ONCE(ev) >= count, timeoutNs)
  return READ_ONCE(ev)
}

/** Asks the user to let the device go, for the count-th time. */
export function vfio_relay_request(device: VfioDevice, count: number): void {
  const dev = as<'device'>(READ_ONCE(device + vfio_device.offset.dev))
  const trigger = as<'eventfd'>(READ_ONCE(device + TRIGGER))
  if (trigger !== 0) {
    if (count % LOG_EVERY === 0) dev_printk(KERN_NOTICE, dev, RELAYING, count)
    eventfd_signal(trigger)
  } else if (count === 0) {
    dev_printk(KERN_WARNING, dev, NO_CHANNEL)
  }
}
