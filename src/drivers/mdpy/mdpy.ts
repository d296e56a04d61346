/**
 * mdpy: the sample driver of a virtual display. A card makes at most max_devices of them, whatever their size, and counts
 * them in a plain word.
 *
 * Invariant   none that holds: the count is read, compared and written without a lock. While the core ran one create at a
 *             time (up to 4.17 per parent, in the patch of 2018 in the whole system) nobody noticed; since then two creates
 *             can both find room for the last device, and one of two additions can be lost.
 * Context     process; may sleep (the declared cost).
 * Errors      -ENOMEM when the card is full. Where the core counts (6.1), the driver does not, and the core answers -EUSERS.
 * Source      samples/vfio-mdev/mdpy.c, by behaviour
 */
import { data_race, WRITE_ONCE } from '#access'
import { trace_point } from '#trace'
import { ENOMEM } from '../../base/errno.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { strategy } from '../../mdev/core.ts'
import { vendors, type VendorOps, type VendorType } from '../../mdev/driver.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'
import { parent_kinds } from '../parents.ts'

/** Devices of one card: the module parameter `count`, at its default. */
export const MDPY_MAX_DEVICES = 4

/** The driver's object for one card. */
export const mdpy = struct('mdpy', {
  /** mdpy_count. Nobody guards it. */
  count: word,
})
const COUNT = mdpy.offset.count

function mdpyType(sysfs_name: string, size: string): VendorType {
  return {
    sysfs_name,
    name: `mdpy-${sysfs_name}`,
    description: `virtual display, ${size} framebuffer`,
    device_api: 'vfio-pci',
  }
}

const mdpy_ops: VendorOps = {
  name: 'mdpy',
  max_instances: MDPY_MAX_DEVICES,
  types: [mdpyType('vga', '640x480'), mdpyType('xga', '1024x768'), mdpyType('hd', '1920x1080')],
  create(_mdev, data) {
    if (should_fail()) return -ENOMEM
    if (!strategy().coreCounts && data_race(data + COUNT) >= MDPY_MAX_DEVICES) return -ENOMEM
    trace_point('mdpy_create:checked')
    vendor_cost(COST_CREATE)
    WRITE_ONCE(data + COUNT, data_race(data + COUNT) + 1)
    return 0
  },
  remove(_mdev, data) {
    vendor_cost(COST_REMOVE)
    WRITE_ONCE(data + COUNT, data_race(data + COUNT) - 1)
    return 0
  },
  available: (data) => MDPY_MAX_DEVICES - data_race(data + COUNT),
  open: () => 0,
}

/** Id of mdpy's operations. */
const MDPY_OPS: number = vendors.define('mdpy', mdpy_ops)

/** Cards as parents: mdpy, mdpy1, mdpy2, … */
export const MDPY_PARENTS: number = parent_kinds.define('mdpy', {
  ops: MDPY_OPS,
  dataWords: mdpy.words,
  init(data) {
    WRITE_ONCE(data + COUNT, 0)
  },
  deviceName: (index) => (index === 0 ? 'mdpy' : `mdpy${index}`),
})
