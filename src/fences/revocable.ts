/**
 * revocable: a resource that its provider takes back while consumers hold handles to it, in the three states that differ.
 *
 *   state   handle                                        fault
 *   1       one per consumer; it holds the index          threads that share a file share the index: one overwrites the other's, an
 *                                                         index never drains, and the revocation never ends
 *   2       the caller's storage, made by revocable_init  the provider comes by value: the copy is not NULL when the producer's
 *                                                         pointer is, and revocable_init asks the count of freed memory
 *   3       one per call, over a counted provider         none, if the consumer took its count before the provider revoked
 *
 * Context  all may sleep; the sections between access and withdrawal too.
 * Source   1: 62eb557580eb (16 January 2026). 2: 4d7dc4d1a62d and 377563ce0653 (29 January 2026). Both faults: the message of
 *          21bab791346e, 20260204142849.22055-4-johan@kernel.org, which took it out. 3: the postings from v8 (13 February 2026) to v11
 */
import { read, READ_ONCE, write, xchg } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as } from '../base/addr.ts'
import { ENODEV } from '../base/errno.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import {
  cleanup_srcu_struct,
  init_srcu_struct,
  kref_get,
  kref_get_unless_zero,
  kref_init,
  kref_put,
  rcu_assign_pointer,
  srcu_dereference,
  srcu_read_lock,
  srcu_read_unlock,
  synchronize_srcu,
} from '../sync/index.ts'
import { provider_cache, rcu_read_lock, rcu_read_unlock, synchronize_rcu } from './domains.ts'
import { revocable, revocable_provider, type Revocable, type RevocableProvider } from './revocable_struct.ts'

const RES = revocable_provider.offset.res
const SRCU = revocable_provider.at.srcu
const KREF = revocable_provider.at.kref
const IDX = revocable.offset.idx

/** Provides `res`. The caller has the first count, which revocation drops. Returns the provider, or 0 for -ENOMEM. */
export function revocable_provider_alloc(res: number): RevocableProvider {
  const rp = kmem_cache_zalloc(provider_cache(), revocable_provider)
  if (rp === 0) return rp
  if (init_srcu_struct(SRCU(rp), '&rp->srcu') !== 0) {
    kmem_cache_free(provider_cache(), revocable_provider, rp)
    return as(0)
  }
  rcu_assign_pointer(rp + RES, res)
  kref_init(KREF(rp))
  return rp
}

function provider_free(k: number): void {
  const rp = revocable_provider.of.kref(as(k))
  cleanup_srcu_struct(SRCU(rp))
  kmem_cache_free(provider_cache(), revocable_provider, rp)
}

/** The last count of state 2: kfree_rcu. The grace period is waited for here, where the kernel queues a callback. */
function provider_free_rcu(k: number): void {
  synchronize_rcu()
  provider_free(k)
}

/** Adds a count to a provider that the caller has one of. */
export function revocable_get(rp: RevocableProvider): void {
  kref_get(KREF(rp))
}

/** Drops a count. */
export function revocable_put(rp: RevocableProvider): void {
  kref_put(KREF(rp), provider_free)
}

/** Takes the resource back: nobody gets it from here on. */
export function revocable_revoke_begin(rp: RevocableProvider): void {
  rcu_assign_pointer(rp + RES, 0)
}

/** After revocable_revoke_begin: waits for those who have the resource, and drops the provider's count. */
export function revocable_revoke_wait(rp: RevocableProvider): void {
  synchronize_srcu(SRCU(rp))
  revocable_put(rp)
}

/** Takes the resource back. Nobody has it when this returns, and the provider's count is dropped. States 1 and 3. */
export function revocable_revoke(rp: RevocableProvider): void {
  trace_enter('revocable_revoke')
  revocable_revoke_begin(rp)
  revocable_revoke_wait(rp)
  trace_leave('revocable_revoke')
}

/** Takes it back, and the producer's pointer at `at` with it. State 2. */
export function revocable_revoke_pointer(at: number): void {
  const rp = as<'revocable_provider'>(xchg(at, 0))
  if (rp === 0) return
  trace_enter('revocable_revoke')
  revocable_revoke_begin(rp)
  synchronize_srcu(SRCU(rp))
  kref_put(KREF(rp), provider_free_rcu)
  trace_leave('revocable_revoke')
}

/** Makes a handle over a provider that the caller has a count of. States 1 and 3. revocable_handle_exit drops what it takes. */
export function revocable_handle_init(rev: Revocable, rp: RevocableProvider): void {
  revocable_get(rp)
  write(rev, rp)
}

/** Drops a handle. */
export function revocable_handle_exit(rev: Revocable): void {
  revocable_put(as(read(rev)))
}

/** Makes a handle over a provider that may be gone. Returns 0 or -ENODEV. State 2. */
export function revocable_init(rp: RevocableProvider, rev: Revocable): number {
  const token = rcu_read_lock()
  const alive = rp !== 0 && kref_get_unless_zero(KREF(rp))
  rcu_read_unlock(token)
  if (!alive) return -ENODEV
  write(rev, rp)
  return 0
}

/** Drops a handle of revocable_init. */
export function revocable_deinit(rev: Revocable): void {
  kref_put(KREF(as(read(rev))), provider_free_rcu)
}

/** Asks for the resource and enters. Returns it, or 0 when it has been revoked. revocable_withdraw_access in either case. */
export function revocable_try_access(rev: Revocable): number {
  trace_enter('revocable_try_access')
  const rp = as<'revocable_provider'>(READ_ONCE(rev))
  write(rev + IDX, srcu_read_lock(SRCU(rp)))
  const res = srcu_dereference(rp + RES, SRCU(rp))
  trace_leave('revocable_try_access')
  return res
}

/** Leaves. */
export function revocable_withdraw_access(rev: Revocable): void {
  trace_enter('revocable_withdraw_access')
  srcu_read_unlock(SRCU(as(READ_ONCE(rev))), read(rev + IDX))
  trace_leave('revocable_withdraw_access')
}
