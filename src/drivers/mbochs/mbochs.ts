/**
 * mbochs: the sample driver of a display with video memory. A card has 256 MB for all its devices, of three sizes.
 *
 * Invariant   used is the sum of the sizes of the live devices, at most 256 MB. In `mbochs-5.14` nobody guards it: two creates can
 *             both find room, and one of two additions can be lost.
 * Context     process; may sleep (the declared cost).
 * Errors      -ENOSPC when the type does not fit any more; -ENOMEM in `mbochs-5.14`.
 * Source      samples/vfio-mdev/mbochs.c as of 5.15, and of 5.14, by behaviour
 */
import { cmpxchg, data_race, fetch_sub, READ_ONCE, WRITE_ONCE } from '#access'
import { trace_point } from '#trace'
import type { Addr } from '../../base/addr.ts'
import { ENOMEM, ENOSPC } from '../../base/errno.ts'
import { dev_printk } from '../../kernel/device/device.ts'
import { KERN_INFO } from '../../kernel/printk.ts'
import { static_name } from '../../kernel/static_name.ts'
import { mdev_type_index, strategy } from '../../mdev/core.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { vendors, type VendorOps } from '../../mdev/driver.ts'
import { mdev_device } from '../../mdev/types.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'
import { parent_kinds, type ParentKind } from '../parents.ts'

/** Megabytes of a card. */
const MBOCHS_MBYTES = 256

const SIZES = [4, 16, 64] as const
const NAMES = ['small', 'medium', 'large'] as const

/** The driver's object for one card. */
export const mbochs = struct('mbochs', {
  /** Megabytes taken. */
  used: word,
})
const USED = mbochs.offset.used

function sizeOf(type: number): number {
  return SIZES[type] as number
}

/** What 6.1 was recorded to say of each new device, by type: pages are of 4 KB. */
const INIT_DEV = NAMES.map((name, i) =>
  static_name(`mbochs_init_dev: mbochs-${name}, ${sizeOf(i)} MB, ${sizeOf(i) * 256} pages`),
)

/** Megabytes of a device. */
export function mbochs_mbytes(mdev: Addr<'mdev_device'>): number {
  return sizeOf(mdev_type_index(mdev))
}

const mbochs_ops: VendorOps = {
  name: 'mbochs',
  types: NAMES.map((name, type) => ({
    sysfs_name: name,
    name: `mbochs-${name}`,
    description: `virtual display, ${SIZES[type]} MB video memory`,
    device_api: 'vfio-pci',
  })),
  create(mdev, data, type) {
    if (should_fail()) return -ENOSPC
    for (;;) {
      const used = READ_ONCE(data + USED)
      if (used + sizeOf(type) > MBOCHS_MBYTES) return -ENOSPC
      if (cmpxchg(data + USED, used, used + sizeOf(type)) === used) break
    }
    if (strategy().coreCounts) dev_printk(KERN_INFO, mdev_device.at.dev(mdev), INIT_DEV[type] as number)
    vendor_cost(COST_CREATE)
    return 0
  },
  remove(_mdev, data, type) {
    vendor_cost(COST_REMOVE)
    fetch_sub(data + USED, sizeOf(type))
    return 0
  },
  open: () => 0,
  available: (data, type) => Math.floor((MBOCHS_MBYTES - READ_ONCE(data + USED)) / sizeOf(type)),
}

/** Before de5494af4815 (5.15): the count is read, compared and written without a lock. */
const mbochs_unlocked_ops: VendorOps = {
  ...mbochs_ops,
  create(_mdev, data, type) {
    if (should_fail()) return -ENOMEM
    if (data_race(data + USED) + sizeOf(type) > MBOCHS_MBYTES) return -ENOMEM
    trace_point('mbochs_create:checked')
    vendor_cost(COST_CREATE)
    WRITE_ONCE(data + USED, data_race(data + USED) + sizeOf(type))
    return 0
  },
  remove(_mdev, data, type) {
    vendor_cost(COST_REMOVE)
    WRITE_ONCE(data + USED, data_race(data + USED) - sizeOf(type))
    return 0
  },
}

function cards(ops: number): ParentKind {
  return {
    ops,
    dataWords: mbochs.words,
    init(data) {
      WRITE_ONCE(data + USED, 0)
    },
    deviceName: (index) => (index === 0 ? 'mbochs' : `mbochs${index}`),
  }
}

/** Cards as parents: mbochs, mbochs1, mbochs2, … */
export const MBOCHS_PARENTS: number = parent_kinds.define(
  'mbochs',
  cards(vendors.define('mbochs', mbochs_ops)),
)

/** The same with the driver of old. */
export const MBOCHS_UNLOCKED_PARENTS: number = parent_kinds.define(
  'mbochs-5.14',
  cards(vendors.define('mbochs-5.14', mbochs_unlocked_ops)),
)
