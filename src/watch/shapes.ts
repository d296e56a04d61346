/**
 * Locks whose order is judged: where their owner and their `dep_map` stand. What a thread sleeps on in any other class is a word of the
 * program's, which has no shadow, and of which nothing can be read here.
 */
import { BLOCKED_MUTEX, BLOCKED_RWSEM_READ, BLOCKED_RWSEM_WRITE, BLOCKED_SPINLOCK } from '../mem/task.ts'
import { mutex } from '../sync/mutex.ts'
import { rw_semaphore } from '../sync/rwsem.ts'
import { spinlock } from '../sync/spinlock.ts'

/** One kind of lock: offsets of its words, and what a sleeper on it publishes. */
export interface Shape {
  readonly owner: number
  readonly depMap: number
  readonly kind: number
  readonly readKind: number
}

/** By the distance of its `dep_map`: that is how a tracepoint shows which it is. */
export const SHAPES: ReadonlyMap<number, Shape> = new Map(
  (
    [
      [spinlock.offset, BLOCKED_SPINLOCK, BLOCKED_SPINLOCK],
      [rw_semaphore.offset, BLOCKED_RWSEM_WRITE, BLOCKED_RWSEM_READ],
      [mutex.offset, BLOCKED_MUTEX, BLOCKED_MUTEX],
    ] as const
  ).map(([{ owner, dep_map: depMap }, kind, readKind]) => [depMap, { owner, depMap, kind, readKind }]),
)

/** True if a sleeper of that kind sleeps on a shadow. */
export function hasShadow(kind: number): boolean {
  return [...SHAPES.values()].some((shape) => shape.kind === kind || shape.readKind === kind)
}
