/**
 * What vfio keeps in global variables: vfio.group_lock and the list it guards, numbers, caches, the device nodes.
 *
 * With the second-order locks off, vfio.group_lock and the list are sharded by the number of the IOMMU group, and a group's
 * minor is that number, so that a lookup by minor finds its shard.
 *
 * Context   the accessors: any.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { ENOENT, ENOMEM } from '../base/errno.ts'
import { class_create } from '../kernel/device/class.ts'
import { second_order } from '../kernel/device/kobject_globals.ts'
import { lock_bit } from '../kernel/second_order.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { ida_alloc, ida_free } from '../mem/bitmap.ts'
import { INIT_LIST_HEAD, list_head } from '../mem/list.ts'
import { kmem_cache_create, kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import type { Layout } from '../mem/layout.ts'
import { mutex_init } from '../sync/index.ts'
import {
  GROUP_LOCKS,
  vfio_container,
  vfio_device,
  vfio_file,
  vfio_globals,
  vfio_group,
  vfio_unbound_dev,
  VFIO_GROUPS_MAX,
  type VfioGroup,
} from './types.ts'

const ROOT = rootAddr('vfio')
const G = vfio_globals.offset
const LOCK_STRIDE = 16
const VFIO = static_name('vfio')
const VFIO_DEV = static_name('vfio-dev')

const CACHES: readonly (readonly [number, Layout])[] = [
  [G.container_cache, vfio_container],
  [G.group_cache, vfio_group],
  [G.unbound_cache, vfio_unbound_dev],
  [G.device_cache, vfio_device],
  [G.file_cache, vfio_file],
]

/** Globals of vfio; NULL where it was not booted. */
export function vfio_root(): Addr<'vfio_globals'> {
  return as(read(ROOT))
}

function alloc_tables(g: number): boolean {
  write(g + G.group_locks, alloc_boot(GROUP_LOCKS * LOCK_STRIDE))
  write(g + G.group_lists, alloc_boot(GROUP_LOCKS * list_head.words))
  write(g + G.minors, alloc_boot(VFIO_GROUPS_MAX))
  write(g + G.nodes, alloc_boot(VFIO_GROUPS_MAX))
  write(g + G.minor_ida, alloc_boot(VFIO_GROUPS_MAX / 32))
  write(g + G.dev_ida, alloc_boot(VFIO_GROUPS_MAX / 32))
  for (const [field, layout] of CACHES) write(g + field, kmem_cache_create(layout))
  // The arena only fills: if the last one was there, so were the others.
  return read(g + G.dev_ida) !== 0 && read(g + G.file_cache) !== 0
}

/**
 * Allocates the globals and makes the classes vfio and vfio-dev. Boot CPU only.
 * @param notifier id of the member of the notifier family
 * @param requestPeriodUs time between two requests to a user that is in the way, microseconds
 * @returns 0 or a negative errno
 */
export function vfio_globals_init(notifier: number, requestPeriodUs: number, vfioDev: boolean): number {
  const g = alloc_boot(vfio_globals.words)
  if (g === 0 || !alloc_tables(g)) return -ENOMEM
  write(g + G.notifier, notifier)
  write(g + G.request_period_us, requestPeriodUs)
  for (let i = 0; i < GROUP_LOCKS; i++) {
    mutex_init(as(read(g + G.group_locks) + i * LOCK_STRIDE), 'vfio.group_lock')
    INIT_LIST_HEAD(as(read(g + G.group_lists) + i * list_head.words))
  }
  const cls = class_create(qstr_of(VFIO))
  if (cls < 0) return cls
  write(g + G.class, cls)
  const dev_class = vfioDev ? class_create(qstr_of(VFIO_DEV)) : 0
  if (dev_class < 0) return dev_class
  write(g + G.dev_class, dev_class)
  write(ROOT, g)
  return 0
}

const GROUP_LOCK = lock_bit('vfio')

function shard(id: number): number {
  return second_order(GROUP_LOCK) ? 0 : id & (GROUP_LOCKS - 1)
}

/** vfio.group_lock, for the group of that number (IOMMU group or minor: without second-order locks they are the same). */
export function vfio_group_lock(id: number): Addr<'mutex'> {
  return as(read(vfio_root() + G.group_locks) + shard(id) * LOCK_STRIDE)
}

/** vfio.group_list, or the shard of it that the lock of this number guards. */
export function vfio_group_list(id: number): Addr<'list_head'> {
  return as(read(vfio_root() + G.group_lists) + shard(id) * list_head.words)
}

/** Takes a minor for the group. group_lock is held. Returns it, or a negative errno. */
export function vfio_alloc_group_minor(group: VfioGroup, id: number): number {
  const g = vfio_root()
  const minor = second_order(GROUP_LOCK) ? ida_alloc(read(g + G.minor_ida), VFIO_GROUPS_MAX) : id
  if (minor >= 0) write(read(g + G.minors) + minor, group)
  return minor
}

/** Gives the minor back. group_lock is held. */
export function vfio_free_group_minor(minor: number): void {
  const g = vfio_root()
  write(read(g + G.minors) + minor, 0)
  if (second_order(GROUP_LOCK)) ida_free(read(g + G.minor_ida), minor)
}

/** Group of a minor, NULL if there is none. group_lock is held. */
export function vfio_group_of_minor(minor: number): VfioGroup {
  if (minor < 0 || minor >= VFIO_GROUPS_MAX) return as(0)
  return as(read(read(vfio_root() + G.minors) + minor))
}

/** /dev/vfio/<id> appears with this minor (−1: disappears). */
export function vfio_set_node(id: number, minor: number): void {
  WRITE_ONCE(read(vfio_root() + G.nodes) + id, minor + 1)
}

/** Minor that /dev/vfio/<id> leads to; -ENOENT if there is no such node. */
export function vfio_node_minor(id: number): number {
  if (id < 0 || id >= VFIO_GROUPS_MAX) return -ENOENT
  const node = READ_ONCE(read(vfio_root() + G.nodes) + id)
  return node === 0 ? -ENOENT : node - 1
}

/** Takes a number for a device of class vfio-dev. Returns it, or a negative errno. */
export function vfio_alloc_index(): number {
  return ida_alloc(read(vfio_root() + G.dev_ida), VFIO_GROUPS_MAX)
}

/** Gives it back. */
export function vfio_free_index(index: number): void {
  ida_free(read(vfio_root() + G.dev_ida), index)
}

/** A zeroed object, NULL for -ENOMEM. `cache` is the offset of a cache in the globals. */
export function vfio_zalloc<S extends string>(cache: number, layout: Layout & { readonly name: S }): Addr<S> {
  return kmem_cache_zalloc(as<'kmem_cache'>(read(vfio_root() + cache)), layout)
}

/** Gives it back. */
export function vfio_free(cache: number, layout: Layout, object: number): void {
  kmem_cache_free(as(read(vfio_root() + cache)), layout, object)
}
