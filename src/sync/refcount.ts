/**
 * refcount_struct: a reference count that cannot be driven past its ends.
 *
 * State    0                    dead: nobody may get a reference any more
 *          1 … 2^31−1           that many references
 *          negative             saturated: something went wrong; the object is leaked rather than freed under a user
 * Invariant  once negative, always negative: the value is put back to the middle of the range, 2^30 steps from either end.
 * Context  any; lock-free.
 * Warnings go to the tracepoint `refcount_t: <text>` (checked build); both builds saturate.
 * Source   lib/refcount.c, include/linux/refcount.h
 */
import * as access from '#access'
import { trace_point } from '#trace'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { mutex_lock, mutex_unlock } from './mutex.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const cmpxchg = access.cmpxchg
const fetch_add = access.fetch_add
const fetch_sub = access.fetch_sub
const READ_ONCE = access.READ_ONCE
const WRITE_ONCE = access.WRITE_ONCE

export const refcount_struct = struct('refcount_struct', { refs: word })
type Refcount = Addr<'refcount_struct'>

/** Where a broken count is kept: 0xc0000000. */
export const REFCOUNT_SATURATED = -0x4000_0000

/** Sets the count, of an object that nobody else sees yet. */
export function refcount_set(r: Refcount, n: number): void {
  WRITE_ONCE(r, n)
}

/** The count at this moment. */
export function refcount_read(r: Refcount): number {
  return READ_ONCE(r)
}

/** Adds a reference; the caller has one already. */
export function refcount_inc(r: Refcount): void {
  const old = fetch_add(r, 1)
  if (old === 0) saturate(r, 'refcount_t: addition on 0; use-after-free.')
  else if (old < 0 || old + 1 > 0x7fff_ffff) saturate(r, 'refcount_t: saturated; leaking memory.')
}

/** Adds a reference unless the count is 0. Returns true if it did. The memory itself must be kept by other means. */
export function refcount_inc_not_zero(r: Refcount): boolean {
  for (;;) {
    const old = READ_ONCE(r)
    if (old === 0) return false
    if (cmpxchg(r, old, old + 1) !== old) continue
    if (old < 0 || old + 1 > 0x7fff_ffff) saturate(r, 'refcount_t: saturated; leaking memory.')
    return true
  }
}

/** Drops a reference. Returns true if it was the last: the caller must release the object. */
export function refcount_dec_and_test(r: Refcount): boolean {
  const old = fetch_sub(r, 1)
  if (old === 1) return true
  if (old <= 0) saturate(r, 'refcount_t: underflow; use-after-free.')
  return false
}

/** Drops a reference that must not be the last. */
export function refcount_dec(r: Refcount): void {
  if (fetch_sub(r, 1) <= 1) saturate(r, 'refcount_t: decrement hit 0; leaking memory.')
}

/** Drops a reference unless it is the last. Returns true if it did. */
export function refcount_dec_not_one(r: Refcount): boolean {
  for (;;) {
    const old = READ_ONCE(r)
    if (old < 0) return true
    if (old === 1) return false
    if (old === 0) {
      saturate(r, 'refcount_t: underflow; use-after-free.')
      return true
    }
    if (cmpxchg(r, old, old - 1) === old) return true
  }
}

/** Drops a reference. If it was the last, returns true with the mutex held. */
export function refcount_dec_and_mutex_lock(r: Refcount, lock: Addr<'mutex'>): boolean {
  if (refcount_dec_not_one(r)) return false
  mutex_lock(lock)
  if (refcount_dec_and_test(r)) return true
  mutex_unlock(lock)
  return false
}

function saturate(r: Refcount, text: string): void {
  WRITE_ONCE(r, REFCOUNT_SATURATED)
  trace_point(text)
}
