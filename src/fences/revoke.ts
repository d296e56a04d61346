/**
 * revocable as a fence: the device's mapping is the resource.
 *
 *   revocable-1   the handle is in the file, and with it the index: as long as no two threads share a file it holds
 *   revocable-3   the file has a count of the provider, and each call a handle of its own; so each call counts, too
 *
 * State 2 is no member: it asks freed memory (models/revocable.ts, races/cdev/revocable.ts).
 * Source   see revocable.ts
 */
import { read, write, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { ENODEV, ENOMEM } from '../base/errno.ts'
import { srcu_dereference, srcu_read_lock, srcu_read_unlock } from '../sync/index.ts'
import { fence, fence_file, wake_sleepers, type Fence, type FenceType } from './fence_struct.ts'
import {
  revocable_get,
  revocable_handle_exit,
  revocable_handle_init,
  revocable_provider_alloc,
  revocable_put,
  revocable_revoke_begin,
  revocable_revoke_wait,
  revocable_try_access,
  revocable_withdraw_access,
} from './revocable.ts'
import { revocable_provider, type RevocableProvider } from './revocable_struct.ts'

const PROVIDER = fence.offset.provider
const ALIVE = fence.offset.alive
const HANDLE = fence_file.at.handle
const SRCU = revocable_provider.at.srcu
const RES = revocable_provider.offset.res

function provider_of(f: Fence): RevocableProvider {
  return as(read(f + PROVIDER))
}

const common = {
  strong: true,
  wakes: true,
  waits: false,
  gone: -ENODEV,
  /** The first count is the fence's; another keeps the provider until the fence is destroyed, as files do. */
  init(f) {
    const rp = revocable_provider_alloc(f)
    if (rp === 0) return -ENOMEM
    revocable_get(rp)
    write(f + PROVIDER, rp)
    return 0
  },
  begin(f) {
    WRITE_ONCE(f + ALIVE, 0)
    revocable_revoke_begin(provider_of(f))
  },
  wake: wake_sleepers,
  wait(f) {
    revocable_revoke_wait(provider_of(f))
  },
  /** A gadget that was never registered is destroyed with both counts. */
  destroy(f) {
    if (read(f + ALIVE) === 1) revocable_put(provider_of(f))
    revocable_put(provider_of(f))
  },
} as const satisfies Partial<FenceType>

export const revocable_1: FenceType = {
  ...common,
  name: 'revocable-1',
  history: 'January 2026, 62eb557580eb',
  open(f, file) {
    revocable_handle_init(HANDLE(file), provider_of(f))
    return 0
  },
  release(_f, file) {
    revocable_handle_exit(HANDLE(file))
  },
  enter(_f, file) {
    if (revocable_try_access(HANDLE(file)) !== 0) return 0
    revocable_withdraw_access(HANDLE(file))
    return -ENODEV
  },
  leave(_f, file) {
    revocable_withdraw_access(HANDLE(file))
  },
}

/** The handle of a call is on its stack: the count and the index, which here is the token. */
export const revocable_3: FenceType = {
  ...common,
  name: 'revocable-3',
  history: 'May 2026, v11',
  open(f) {
    revocable_get(provider_of(f))
    return 0
  },
  release(f) {
    revocable_put(provider_of(f))
  },
  enter(f) {
    const rp = provider_of(f)
    revocable_get(rp)
    const idx = srcu_read_lock(SRCU(rp))
    if (srcu_dereference(rp + RES, SRCU(rp)) !== 0) return idx
    srcu_read_unlock(SRCU(rp), idx)
    revocable_put(rp)
    return -ENODEV
  },
  leave(f, _file, idx) {
    srcu_read_unlock(SRCU(provider_of(f)), idx)
    revocable_put(provider_of(f))
  },
}
