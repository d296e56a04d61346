/**
 * Domains that all devices share: a grace period of one waits for readers of every other.
 *
 * rcu      stands for the kernel's RCU. Here it is one more SRCU domain, so a reader costs an SRCU reader, where the kernel's costs
 *          next to nothing; who waits for whom is the same. RCU proper is not preemptible by sleeping: no reader may sleep.
 * drm      drm_unplug_srcu of DRM (bee330f3d672): one for all devices of DRM, whose readers may sleep.
 * dax      dax_srcu of dax (7b6be8444e0f): one for all dax devices.
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { embed, ptr, struct } from '../mem/layout.ts'
import { kmem_cache_create } from '../mem/slab.ts'
import {
  init_srcu_struct,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_struct,
  synchronize_srcu,
} from '../sync/index.ts'
import { revocable_provider } from './revocable_struct.ts'

export const fence_domains = struct('fence_domains', {
  rcu: embed(srcu_struct),
  drm: embed(srcu_struct),
  dax: embed(srcu_struct),
  provider_cache: ptr('kmem_cache'),
})
export type FenceDomains = Addr<'fence_domains'>

const ROOT = rootAddr('fence_domains')
const CACHE = fence_domains.offset.provider_cache
const RCU = fence_domains.at.rcu

/** The domains of this machine. */
export function fence_domains_root(): FenceDomains {
  return as(read(ROOT))
}

/** Makes them. Boot CPU. Returns 0 or -ENOMEM. */
export function fence_domains_init(): number {
  const at = as<'fence_domains'>(alloc_boot(fence_domains.words))
  const cache = kmem_cache_create(revocable_provider)
  if (at === 0 || cache === 0) return -ENOMEM
  write(ROOT, at)
  write(at + CACHE, cache)
  return (
    init_srcu_struct(RCU(at), 'rcu') ||
    init_srcu_struct(fence_domains.at.drm(at), 'drm_unplug_srcu') ||
    init_srcu_struct(fence_domains.at.dax(at), 'dax_srcu')
  )
}

/** Cache of the providers of revocable. */
export function provider_cache(): Addr<'kmem_cache'> {
  return as(read(fence_domains_root() + CACHE))
}

/** Enters a reader of RCU. Returns what rcu_read_unlock wants, which the kernel's needs not. */
export function rcu_read_lock(): number {
  return srcu_read_lock(RCU(fence_domains_root()))
}

/** Leaves it. */
export function rcu_read_unlock(token: number): void {
  srcu_read_unlock(RCU(fence_domains_root()), token)
}

/** Waits until every reader of RCU that is inside now has left. */
export function synchronize_rcu(): void {
  synchronize_srcu(RCU(fence_domains_root()))
}
