/**
 * kref: a reference count with the function that runs when it ends.
 *
 * Rules    kref_get only with a reference in hand, or under what keeps the object; kref_get_unless_zero otherwise.
 *          `release` runs exactly once, in the task that put the last reference.
 * Context  kref_put may call release, whose rules then apply; kref_put_mutex may sleep.
 * Source   include/linux/kref.h
 */
import type { Addr } from '../base/addr.ts'
import { embed, struct } from '../mem/layout.ts'
import {
  refcount_dec_and_mutex_lock,
  refcount_dec_and_test,
  refcount_inc,
  refcount_inc_not_zero,
  refcount_read,
  refcount_set,
  refcount_struct,
} from './refcount.ts'

export const kref = struct('kref', { refcount: embed(refcount_struct) })
type Kref = Addr<'kref'>
const refs = kref.at.refcount

/** Starts with one reference, the caller's. */
export function kref_init(k: Kref): void {
  refcount_set(refs(k), 1)
}

/** Number of references at this moment. */
export function kref_read(k: Kref): number {
  return refcount_read(refs(k))
}

/** Adds a reference. */
export function kref_get(k: Kref): void {
  refcount_inc(refs(k))
}

/** Adds a reference unless the last one is gone. Returns true if it did. */
export function kref_get_unless_zero(k: Kref): boolean {
  return refcount_inc_not_zero(refs(k))
}

/** Drops a reference; the last one calls `release`. Returns true if it did. */
export function kref_put(k: Kref, release: (k: Addr<'kref'>) => void): boolean {
  if (!refcount_dec_and_test(refs(k))) return false
  release(k)
  return true
}

/** Drops a reference; the last one calls `release` with the mutex held, which release must unlock. */
export function kref_put_mutex(k: Kref, release: (k: Addr<'kref'>) => void, lock: Addr<'mutex'>): boolean {
  if (!refcount_dec_and_mutex_lock(refs(k), lock)) return false
  release(k)
  return true
}
