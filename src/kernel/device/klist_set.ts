/**
 * A klist that all devices of a bus or of a driver share. With the second-order locks on it is the kernel's single
 * list; with them off it falls into shards, and walks go shard by shard.
 *
 * Invariant   an object's shard is a function of its address.
 */
import type { Addr } from '../../base/addr.ts'
import { as, NULL } from '../../base/addr.ts'
import { struct, words } from '../../mem/index.ts'
import { klist, klist_init, klist_iter_exit, klist_next, type Klist, type KlistNode } from './klist.ts'
import { second_order } from './kobject_globals.ts'

const SHARDS = 16
const STRIDE = Math.ceil(klist.words / 16) * 16

export const klist_set = struct('klist_set', { klists: words(SHARDS * STRIDE) })
type KlistSet = Addr<'klist_set'>

/** Prepares empty lists. */
export function klist_set_init(set: KlistSet, ops: number): void {
  for (let i = 0; i < SHARDS; i++) klist_init(as(set + i * STRIDE), ops)
}

/** List of this object. */
export function klist_of(set: KlistSet, object: number): Klist {
  const i = second_order() ? 0 : (Math.imul(object >>> 4, 0x9e37_79b1) >>> 16) & (SHARDS - 1)
  return as(set + i * STRIDE)
}

/**
 * Calls `fn` for each node, standing on it meanwhile; `fn` may take the node off. Stops at the first non-zero result
 * and returns it.
 */
export function klist_set_for_each(set: KlistSet, fn: (node: KlistNode) => number): number {
  for (let i = 0; i < SHARDS; i++) {
    const k = as<'klist'>(set + i * STRIDE)
    for (let n = klist_next(k, NULL); n !== 0; n = klist_next(k, n)) {
      const result = fn(n)
      if (result === 0) continue
      klist_iter_exit(k, n)
      return result
    }
    if (second_order()) break
  }
  return 0
}
