/**
 * Who is told when a device comes to a bus, is bound, unbound, or leaves.
 *
 * Order    device_lock → notifier_rwsem (read). Callbacks run under the read side; one that unregisters itself hangs.
 * Context  sleeps.
 * Source   drivers/base/bus.c
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { ENOENT, ENOSPC } from '../../base/errno.ts'
import { down_read, down_write, up_read, up_write } from '../../sync/index.ts'
import { bus_notifiers, bus_type, device, type Bus, type Device } from './device_struct.ts'

export const BUS_NOTIFY_ADD_DEVICE = 0
export const BUS_NOTIFY_DEL_DEVICE = 1
export const BUS_NOTIFY_REMOVED_DEVICE = 2
export const BUS_NOTIFY_BIND_DRIVER = 3
export const BUS_NOTIFY_BOUND_DRIVER = 4
export const BUS_NOTIFY_UNBIND_DRIVER = 5
export const BUS_NOTIFY_UNBOUND_DRIVER = 6
export const BUS_NOTIFY_DRIVER_NOT_BOUND = 7
const points = [
  'ADD_DEVICE',
  'DEL_DEVICE',
  'REMOVED_DEVICE',
  'BIND_DRIVER',
  'BOUND_DRIVER',
  'UNBIND_DRIVER',
  'UNBOUND_DRIVER',
  'DRIVER_NOT_BOUND',
].map((name) => `bus_notify:${name}`)

const B = bus_type.offset
const RWSEM = bus_type.at.notifier_rwsem

/** Tells the bus's notifiers. */
export function bus_notify(dev: Device, event: number): void {
  trace_point(points[event] as string)
  const bus = as<'bus_type'>(read(dev + device.offset.bus))
  if (bus === 0 || READ_ONCE(bus + B.nr_notifiers) === 0) return
  down_read(RWSEM(bus))
  for (let i = 0; i < read(bus + B.nr_notifiers); i++) {
    bus_notifiers.get(read(bus + B.notifiers + i))(event, dev)
  }
  up_read(RWSEM(bus))
}

/** Adds a callback, an id of bus_notifiers. Returns 0 or -ENOSPC (four are there). */
export function bus_register_notifier(bus: Bus, nb: number): number {
  down_write(RWSEM(bus))
  const n = read(bus + B.nr_notifiers)
  if (n < 4) {
    write(bus + B.notifiers + n, nb)
    WRITE_ONCE(bus + B.nr_notifiers, n + 1)
  }
  up_write(RWSEM(bus))
  return n < 4 ? 0 : -ENOSPC
}

/** Removes a callback. Returns 0 or -ENOENT. */
export function bus_unregister_notifier(bus: Bus, nb: number): number {
  down_write(RWSEM(bus))
  const n = read(bus + B.nr_notifiers)
  let at = 0
  while (at < n && read(bus + B.notifiers + at) !== nb) at++
  if (at < n) {
    for (let i = at; i < n - 1; i++) write(bus + B.notifiers + i, read(bus + B.notifiers + i + 1))
    WRITE_ONCE(bus + B.nr_notifiers, n - 1)
  }
  up_write(RWSEM(bus))
  return at < n ? 0 : -ENOENT
}
