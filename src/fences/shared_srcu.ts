/**
 * A flag and an SRCU domain that all devices of a kind share. Readers cost what they cost with a domain of one's own; the kill waits
 * for readers of every other device, too.
 *
 *   drm   drm_dev_enter and drm_dev_unplug: the flag, the grace period, then the mappings. Around hardware sections, not around operations
 *   dax   kill_dax: the flag, the grace period, then unmap_mapping_range. Operations are not asleep inside
 *   rust  Revocable::try_access: a flag under RCU, which waits for all readers of the kernel. Who has the resource must not sleep
 *
 * Source   bee330f3d672 (drm_unplug_srcu); 7b6be8444e0f (dax_srcu); rust/kernel/revocable.rs
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { ENODEV, ENXIO } from '../base/errno.ts'
import { srcu_read_lock, srcu_read_unlock, synchronize_srcu } from '../sync/index.ts'
import { fence_domains, fence_domains_root } from './domains.ts'
import { fence, wake_sleepers, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive

function sharedDomain(
  name: string,
  history: string,
  gone: number,
  domainAt: typeof fence_domains.at.drm,
): FenceType {
  const type: FenceType = {
    name,
    history,
    strong: true,
    wakes: true,
    waits: false,
    shared: true,
    gone,
    enter(f) {
      const domain = domainAt(fence_domains_root())
      const idx = srcu_read_lock(domain)
      if (READ_ONCE(f + ALIVE) === 1) return idx
      srcu_read_unlock(domain, idx)
      return gone
    },
    leave(_f, _file, idx) {
      srcu_read_unlock(domainAt(fence_domains_root()), idx)
    },
    begin(f) {
      WRITE_ONCE(f + ALIVE, 0)
    },
    wake: wake_sleepers,
    wait() {
      synchronize_srcu(domainAt(fence_domains_root()))
    },
  }
  return type
}

export const drm: FenceType = sharedDomain('drm', 'DRM, bee330f3d672', -ENODEV, fence_domains.at.drm)
export const dax: FenceType = sharedDomain('dax', 'dax, 7b6be8444e0f', -ENXIO, fence_domains.at.dax)
export const rust: FenceType = sharedDomain(
  'rust',
  'Rust, Revocable::try_access',
  -ENXIO,
  fence_domains.at.rcu,
)
