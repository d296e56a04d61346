/**
 * References to a parent.
 *
 * Invariant   ref is 1 for the registration plus 1 per create, device or remove that uses the parent. Whoever drops the
 *             last one frees it, and with it the reference to the parent's device.
 * Context     process. mdev_put_parent may free: no lock of the parent may be held.
 */
import { read } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { put_device } from '../kernel/device/device.ts'
import { rootAddr } from '../mem/arena.ts'
import { kmem_cache_free } from '../mem/slab.ts'
import { kref_get, kref_put } from '../sync/index.ts'
import { gateOf } from './gates/index.ts'
import { mdev_globals, mdev_parent } from './types.ts'

const ROOT = rootAddr('mdev')
const GATE = mdev_globals.offset.gate
const CACHE = mdev_globals.offset.parent_cache
const DEV = mdev_parent.offset.dev
const ref = mdev_parent.at.ref

/** One more user. The caller knows that there is another one. */
export function mdev_get_parent(parent: Addr<'mdev_parent'>): void {
  kref_get(ref(parent))
}

/** One user less. */
export function mdev_put_parent(parent: Addr<'mdev_parent'>): void {
  kref_put(ref(parent), mdev_release_parent)
}

function mdev_release_parent(kref: Addr<'kref'>): void {
  const parent = mdev_parent.of.ref(kref)
  const g = read(ROOT)
  const dev = as<'device'>(read(parent + DEV))
  gateOf(read(g + GATE)).destroy(parent)
  kmem_cache_free(as(read(g + CACHE)), mdev_parent, parent)
  put_device(dev)
}
