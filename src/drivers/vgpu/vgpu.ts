/**
 * vgpu: a GPU that is divided like NVIDIA's, 16 instances of the smallest type. All types of a GPU share its memory, so
 * one create changes available_instances of every sibling.
 *
 * Invariant   0 <= free <= UNITS; UNITS − free is the sum of the sizes of the live devices.
 * Context     process; may sleep (the declared cost). No lock: the pool is one atomic word.
 * Errors      -ENOSPC when the type does not fit any more.
 * Source      the storm of the 2018 thread: 8 GPUs with 16 devices each
 */
import { cmpxchg, fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import { ENOSPC } from '../../base/errno.ts'
import { should_fail } from '../../mem/fault.ts'
import { struct, word } from '../../mem/layout.ts'
import { vendors, type VendorOps, type VendorType } from '../../mdev/driver.ts'
import { mdev_relay_request } from '../../vfio/mdev_ops.ts'
import { parent_kinds } from '../parents.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'

/** Smallest instances that fit on one GPU. */
export const VGPU_UNITS = 16

/** The vendor's object for one GPU. */
export const vgpu = struct('vgpu', {
  /** Units not taken. Atomic. */
  free: word,
})
const FREE = vgpu.offset.free

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

export const vgpu_ops: VendorOps = {
  name: 'nvidia',
  types,
  create(_mdev, data, type) {
    if (should_fail()) return -ENOSPC
    const size = units[type] as number
    for (;;) {
      const free = READ_ONCE(data + FREE)
      if (free < size) return -ENOSPC
      if (cmpxchg(data + FREE, free, free - size) === free) break
    }
    vendor_cost(COST_CREATE)
    return 0
  },
  remove(_mdev, data, type) {
    vendor_cost(COST_REMOVE)
    fetch_add(data + FREE, units[type] as number)
    return 0
  },
  open: () => 0,
  request: mdev_relay_request,
  available: (data, type) => Math.floor(READ_ONCE(data + FREE) / (units[type] as number)),
}

/** Id of vgpu's operations. */
export const VGPU_OPS: number = vendors.define('vgpu', vgpu_ops)

/** GPUs as parents: gpu0, gpu1, … */
export const VGPU_PARENTS: number = parent_kinds.define('vgpu', {
  ops: VGPU_OPS,
  dataWords: vgpu.words,
  init(data) {
    WRITE_ONCE(data + FREE, VGPU_UNITS)
  },
  deviceName: (index) => `gpu${index}`,
})
