/**
 * mdpy: the sample driver of a virtual display. A card makes at most max_devices of them, whatever their size, and counts
 * them in a plain word.
 *
 * Invariant   none that holds: the count is read, compared and written without a lock. While the core ran one create at a
 *             time (before 002fe996f67f per parent, in its v2 in the whole system) nobody noticed; since then two creates
 *             can both find room for the last device, and one of two additions can be lost.
 * Context     process; may sleep (the declared cost).
 * Errors      -ENOMEM when the card is full. Where the core counts (9c799c224d6e), the driver does not, and the core answers -EUSERS.
 * Source      samples/vfio-mdev/mdpy.c, by behaviour
 */
import { data_race, WRITE_ONCE } from '#access'
import { trace_point } from '#trace'
import type { Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { dev_printk } from '../../kernel/device/device.ts'
import { KERN_INFO } from '../../kernel/printk.ts'
import { static_name } from '../../kernel/static_name.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { mdev_type_index, strategy } from '../../mdev/core.ts'
import { vendors, type VendorOps, type VendorType } from '../../mdev/driver.ts'
import { mdev_device } from '../../mdev/types.ts'
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

const SIZES = ['640x480', '1024x768', '1920x1080'] as const
const NAMES = ['vga', 'xga', 'hd'] as const
/** What 6.1 was recorded to say of each new device, by type. */
const INIT_DEV = NAMES.map((name, i) => static_name(`mdpy_init_dev: mdpy-${name} (${SIZES[i]})`))

/** Size of a device's screen, `1024x768`. */
export function mdpy_size(mdev: Addr<'mdev_device'>): string {
  return SIZES[mdev_type_index(mdev)] as string
}

const mdpy_ops: VendorOps = {
  name: 'mdpy',
  max_instances: MDPY_MAX_DEVICES,
  types: NAMES.map((name, i) => mdpyType(name, SIZES[i] as string)),
  create(mdev, data, type) {
    if (should_fail()) return -ENOMEM
    if (!strategy().coreCounts && data_race(data + COUNT) >= MDPY_MAX_DEVICES) return -ENOMEM
    trace_point('mdpy_create:checked')
    if (strategy().coreCounts) dev_printk(KERN_INFO, mdev_device.at.dev(mdev), INIT_DEV[type] as number)
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
