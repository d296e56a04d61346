/**
 * mtty: the sample driver, a serial card with 24 ports that are handed out one or two at a time.
 *
 * Invariant   0 <= ports <= 24; 24 − ports is the number of ports of live devices.
 * Context     process; may sleep (the declared cost). No lock: the pool is one atomic word.
 * Errors      -ENOSPC when too few ports are left.
 * Known flaw  the driver `mtty-5.13` shows how many devices could be made and makes more: what is left goes below zero.
 * Source      samples/vfio-mdev/mtty.c since 97d0a6874478 (5.14); mtty-5.13 as it was before
 */
import { cmpxchg, fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import { ENOSPC } from '../../base/errno.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { vendors, type VendorOps } from '../../mdev/driver.ts'
import { parent_kinds, type ParentKind } from '../parents.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'

/** Ports of a card. */
export const MTTY_PORTS = 24

/** The driver's object for one card. */
export const mtty = struct('mtty', {
  /** mdev_avail_ports. Atomic. */
  ports: word,
})
const PORTS = mtty.offset.ports

/** Ports that a device of the type takes: mtty-1 one, mtty-2 two. */
function portsOf(type: number): number {
  return type + 1
}

const mtty_ops: VendorOps = {
  name: 'mtty',
  types: [
    { sysfs_name: '1', name: 'Single port serial', description: '', device_api: 'vfio-pci' },
    { sysfs_name: '2', name: 'Dual port serial', description: '', device_api: 'vfio-pci' },
  ],
  create(_mdev, data, type) {
    if (should_fail()) return -ENOSPC
    const want = portsOf(type)
    for (;;) {
      const left = READ_ONCE(data + PORTS)
      if (left < want) return -ENOSPC
      if (cmpxchg(data + PORTS, left, left - want) === left) break
    }
    vendor_cost(COST_CREATE)
    return 0
  },
  remove(_mdev, data, type) {
    vendor_cost(COST_REMOVE)
    fetch_add(data + PORTS, portsOf(type))
    return 0
  },
  open: () => 0,
  available: (data, type) => Math.floor(READ_ONCE(data + PORTS) / portsOf(type)),
}

/** Before 5.14 (97d0a6874478): the limit is shown and not enforced. */
const mtty_unlimited_ops: VendorOps = {
  ...mtty_ops,
  create(_mdev, data, type) {
    if (should_fail()) return -ENOSPC
    vendor_cost(COST_CREATE)
    fetch_add(data + PORTS, -portsOf(type))
    return 0
  },
}

/** Id of mtty's operations. */
const MTTY_OPS: number = vendors.define('mtty', mtty_ops)

function cards(ops: number): ParentKind {
  return {
    ops,
    dataWords: mtty.words,
    init(data) {
      WRITE_ONCE(data + PORTS, MTTY_PORTS)
    },
    deviceName: (index) => (index === 0 ? 'mtty' : `mtty${index}`),
  }
}

/** Cards as parents: mtty, mtty1, mtty2, … */
export const MTTY_PARENTS: number = parent_kinds.define('mtty', cards(MTTY_OPS))

/** The same with the driver of old. */
export const MTTY_UNLIMITED_PARENTS: number = parent_kinds.define(
  'mtty-5.13',
  cards(vendors.define('mtty-5.13', mtty_unlimited_ops)),
)
