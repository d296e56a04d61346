/**
 * What the tasks of a lock torture share besides the lock: the flags by which they notice each other.
 *
 * Invariant   `writing` is 1 only between a writer's lock and unlock, `reading` counts readers inside. `guarded` is a plain
 *             word that every writer adds 1 to: it counts acquisitions unless an addition was lost.
 */
import { read, READ_ONCE, write } from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { guarded_by, ptr, struct, word } from '../../mem/layout.ts'
import type { LockOps } from './ops.ts'

/** Most locks that are taken inside each other. */
export const MAX_NESTED = 8

export const lock_torture = struct('lock_torture', {
  lock: ptr('lock'),
  /** First of MAX_NESTED locks, each on its own cache lines. */
  nested: ptr('lock'),
  /** Words between two of them. */
  stride: word,
  writing: word,
  reading: word,
  guarded: guarded_by('lock', word),
  /** Milliseconds of the clock when the lock was last given back, for acq_writer_lim. */
  released: guarded_by('lock', word),
  /** First of MAX_NESTED plain words, one under each nested lock. */
  inner: ptr('words'),
})
const AT = lock_torture.offset

/** Makes the locks and the words. Boot CPU. */
export function initLockTorture(ops: LockOps): number {
  const stride = Math.ceil(ops.words / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const state = alloc_boot(lock_torture.words)
  const lock = alloc_boot(ops.words)
  const nested = alloc_boot(stride * MAX_NESTED)
  write(state + AT.lock, lock)
  write(state + AT.nested, nested)
  write(state + AT.stride, stride)
  write(state + AT.inner, alloc_boot(MAX_NESTED))
  ops.init(lock, `${ops.name}-torture`)
  if (ops.nestedlock !== undefined) {
    for (let i = 0; i < MAX_NESTED; i++) ops.init(nested + i * stride, `${ops.name}-torture-nested`)
  }
  return state
}

/** The lock that an address belongs to: one of the nested ones, or the lock. */
export function lockAt(state: number, address: number): number {
  const nested = read(state + AT.nested)
  const stride = read(state + AT.stride)
  const i = Math.floor((address - nested) / stride)
  return i >= 0 && i < MAX_NESTED ? nested + i * stride : read(state + AT.lock)
}

/** The lock, and the nested ones if there are any. */
export function allLocks(state: number, nests: boolean): number[] {
  const nested = Array.from(
    { length: nests ? MAX_NESTED : 0 },
    (_, i) => read(state + AT.nested) + i * read(state + AT.stride),
  )
  return [read(state + AT.lock), ...nested]
}

/** Acquisitions that the plain word under the lock has counted, modulo 2^32. */
export function guardedCount(state: number): number {
  return READ_ONCE(state + AT.guarded) >>> 0
}

/** Sum of the plain words under the nested locks, modulo 2^32. */
export function innerCount(state: number): number {
  let sum = 0
  for (let i = 0; i < MAX_NESTED; i++) sum = (sum + READ_ONCE(read(state + AT.inner) + i)) | 0
  return sum >>> 0
}
