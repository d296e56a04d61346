/**
 * vgpu: a GPU that is divided like NVIDIA's, 16 instances of the smallest type. All devices of a GPU are of one type at a
 * time, so one create changes available_instances of every sibling.
 *
 * Invariant   0 <= used <= UNITS, the sum of the sizes of the live devices, which are all of the type in `pool`.
 * Context     process; may sleep (the declared cost). No lock: the pool is one atomic word.
 * Errors      create: -ENOSPC when the type does not fit any more, or another one is in use. remove: -EBUSY while a user has the
 *             device open; its units stay taken then.
 * Source      the storm of the 2018 thread: 8 GPUs with 16 devices each
 */
import { cmpxchg, fetch_sub, READ_ONCE, WRITE_ONCE } from '#access'
import { EBUSY, ENOSPC } from '../../base/errno.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { mdev_get_drvdata, mdev_set_drvdata } from '../../mdev/core.ts'
import { vendors, type VendorOps, type VendorType } from '../../mdev/driver.ts'
import { mdev_relay_request } from '../../vfio/mdev_ops.ts'
import { parent_kinds } from '../parents.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'

/** Smallest instances that fit on one GPU. */
export const VGPU_UNITS = 16

/** The vendor's object for one GPU. */
export const vgpu = struct('vgpu', {
  /** Type in use in the upper half, units taken in the lower. Atomic. */
  pool: word,
})
const POOL = vgpu.offset.pool
const USED = 0xffff
const TYPE_SHIFT = 16

function vgpuType(id: number, profile: string, units: number): VendorType & { readonly units: number } {
  const framebuffer = 512 * units
  return {
    sysfs_name: String(id),
    name: `GRID M60-${profile}`,
    description: `num_heads=2, frl_config=60, framebuffer=${framebuffer}M, max_instance=${VGPU_UNITS / units}`,
    device_api: 'vfio-pci',
    units,
  }
}

const types = [
  vgpuType(35, '0B', 1),
  vgpuType(36, '1B', 2),
  vgpuType(37, '2Q', 4),
  vgpuType(38, '4Q', 8),
  vgpuType(39, '8Q', 16),
] as const

const units = types.map((type) => type.units)

/** Units that a device of the type can have now: none while another type is in use. */
function left(pool: number, type: number): number {
  const used = pool & USED
  return used > 0 && pool >> TYPE_SHIFT !== type ? 0 : VGPU_UNITS - used
}

const vgpu_ops: VendorOps = {
  name: 'nvidia',
  types,
  create(_mdev, data, type) {
    if (should_fail()) return -ENOSPC
    const size = units[type] as number
    for (;;) {
      const pool = READ_ONCE(data + POOL)
      if (left(pool, type) < size) return -ENOSPC
      if (cmpxchg(data + POOL, pool, (type << TYPE_SHIFT) | ((pool & USED) + size)) === pool) break
    }
    vendor_cost(COST_CREATE)
    return 0
  },
  remove(mdev, data, type) {
    if (mdev_get_drvdata(mdev) !== 0) return -EBUSY
    vendor_cost(COST_REMOVE)
    fetch_sub(data + POOL, units[type] as number)
    return 0
  },
  open(mdev) {
    mdev_set_drvdata(mdev, 1)
    return 0
  },
  release(mdev) {
    mdev_set_drvdata(mdev, 0)
  },
  // NVIDIA's driver is closed: that it relays requests is our assumption.
  request: mdev_relay_request,
  available: (data, type) => Math.floor(left(READ_ONCE(data + POOL), type) / (units[type] as number)),
}

/** Id of vgpu's operations. */
export const VGPU_OPS: number = vendors.define('vgpu', vgpu_ops)

/** GPUs as parents: gpu0, gpu1, … */
export const VGPU_PARENTS: number = parent_kinds.define('vgpu', {
  ops: VGPU_OPS,
  dataWords: vgpu.words,
  init(data) {
    WRITE_ONCE(data + POOL, 0)
  },
  deviceName: (index) => `gpu${index}`,
})
