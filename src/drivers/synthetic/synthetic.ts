/**
 * synthetic: a device that nobody sells. It does nothing but what is declared (`cost.ts`) and holds more devices than any
 * card: for asking what the core costs when very many are there. It cannot be opened.
 *
 * Invariant   0 <= used <= SYNTHETIC_DEVICES, the number of live devices of the parent.
 * Context     process; may sleep (the declared cost). No lock: one atomic word.
 * Errors      create: -ENOSPC when the parent is full.
 */
import { cmpxchg, fetch_sub, READ_ONCE, WRITE_ONCE } from '#access'
import { ENOSPC } from '../../base/errno.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { vendors, type VendorOps } from '../../mdev/driver.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'
import { parent_kinds } from '../parents.ts'

/** Devices that fit on one parent: as many as a machine may have in all. */
export const SYNTHETIC_DEVICES = 100_000

/** The vendor's object for one parent. */
export const synthetic = struct('synthetic', {
  /** Devices that are there. Atomic. */
  used: word,
})
const USED = synthetic.offset.used

const synthetic_ops: VendorOps = {
  name: 'synthetic',
  types: [{ sysfs_name: '1', name: 'Synthetic device', description: 'no hardware', device_api: 'vfio-pci' }],
  create(_mdev, data) {
    if (should_fail()) return -ENOSPC
    for (;;) {
      const used = READ_ONCE(data + USED)
      if (used >= SYNTHETIC_DEVICES) return -ENOSPC
      if (cmpxchg(data + USED, used, used + 1) === used) break
    }
    vendor_cost(COST_CREATE)
    return 0
  },
  remove(_mdev, data) {
    vendor_cost(COST_REMOVE)
    fetch_sub(data + USED, 1)
    return 0
  },
  available: (data) => SYNTHETIC_DEVICES - READ_ONCE(data + USED),
}

/** Id of its operations. */
export const SYNTHETIC_OPS: number = vendors.define('synthetic', synthetic_ops)

/** Parents: synthetic0, synthetic1, … */
export const SYNTHETIC_PARENTS: number = parent_kinds.define('synthetic', {
  ops: SYNTHETIC_OPS,
  dataWords: synthetic.words,
  init(data) {
    WRITE_ONCE(data + USED, 0)
  },
  deviceName: (index) => `synthetic${index}`,
})
