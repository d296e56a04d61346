/**
 * Invariants of vfio after a run, when no CPU is running: what is left belongs to the devices that are left.
 */
import { read } from '#access'
import { as } from '../base/addr.ts'
import { rootAddr } from '../mem/arena.ts'
import { bitmap_weight } from '../mem/bitmap.ts'
import { list_count } from '../mem/list.ts'
import { kmem_cache_active } from '../mem/slab.ts'
import { mutex_is_locked } from '../sync/index.ts'
import { vfio_group_list, vfio_group_lock, vfio_node_minor, vfio_root } from './globals.ts'
import { iommu_globals, IOMMU_GROUPS_MAX } from './iommu_struct.ts'
import { GROUP_LOCKS, vfio_globals, VFIO_GROUPS_MAX } from './types.ts'

const IOMMU_ROOT = rootAddr('iommu')
const I = iommu_globals.offset
const G = vfio_globals.offset

/** Numbers of live objects. */
export interface VfioCounts {
  readonly iommuGroups: number
  readonly iommuGroupNumbers: number
  readonly groupDevices: number
  readonly groups: number
  readonly groupsListed: number
  readonly minors: number
  readonly nodes: number
  readonly devices: number
  readonly indexes: number
  readonly unbound: number
  readonly containers: number
  readonly files: number
  readonly putWorks: number
  readonly locked: number
}

function active(cache: number): number {
  return cache === 0 ? 0 : kmem_cache_active(as(cache))
}

function sum(count: number, of: (i: number) => number): number {
  let total = 0
  for (let i = 0; i < count; i++) total += of(i)
  return total
}

/** Takes the counts. Exact only while no CPU runs kernel code. Makes a JS object. */
export function vfio_counts(): VfioCounts {
  const i = read(IOMMU_ROOT)
  const g = vfio_root()
  return {
    iommuGroups: active(read(i + I.group_cache)),
    iommuGroupNumbers: bitmap_weight(i + I.iommu_group_ida, IOMMU_GROUPS_MAX / 32),
    groupDevices: active(read(i + I.device_cache)),
    groups: active(read(g + G.group_cache)),
    groupsListed: sum(GROUP_LOCKS, (n) =>
      n === 0 || vfio_group_list(n) !== vfio_group_list(0) ? list_count(vfio_group_list(n)) : 0,
    ),
    minors: bitmap_weight(read(g + G.minor_ida), VFIO_GROUPS_MAX / 32),
    nodes: sum(VFIO_GROUPS_MAX, (n) => (vfio_node_minor(n) < 0 ? 0 : 1)),
    devices: active(read(g + G.device_cache)),
    indexes: bitmap_weight(read(g + G.dev_ida), VFIO_GROUPS_MAX / 32),
    unbound: active(read(g + G.unbound_cache)),
    containers: active(read(g + G.container_cache)),
    files: active(read(g + G.file_cache)),
    putWorks: active(read(g + G.work_cache)),
    locked: sum(GROUP_LOCKS, (n) => (mutex_is_locked(vfio_group_lock(n)) ? 1 : 0)),
  }
}

/** Number of invariants that vfio_check looks at. */
export const VFIO_INVARIANTS = 14

/** One sentence per count that is not 0 though no device is left. */
export function vfio_check(): string[] {
  return Object.entries(vfio_counts())
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => `vfio: ${what}: ${count}, not 0`)
}
