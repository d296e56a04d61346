/**
 * Who takes a lock last frees the object that it is in, while the unlock before is still under way: which locks allow it. Each is
 * free for its last user as soon as that has it; where unlock touches the lock later, the model is a control that must fail, and
 * the file header of the lock says what the user has to wait for.
 */
import { fetch_sub } from '#access'
import { trace_free } from '#trace'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { locks } from '../sync/members/index.ts'
import type { Lock, Side } from '../sync/members/shapes.ts'
import { defineModel, type Model } from '../define/model.ts'

/** Locks, and sides of them, whose unlock touches the lock after others may have it. */
const LATE: ReadonlySet<string> = new Set([
  'ww_mutex-3',
  'rwlock-reader',
  'rwsem-reader',
  'percpu_rwsem-reader',
  'robust_rwsem-reader',
])

interface Shared extends Record<string, number> {
  readonly object: number
}

function model(lock: Lock, sides: readonly Side[], name: string, bound = 0): Model {
  const object = struct('explored_owner', { users: word, lock: embed(lock.layout) })
  const { users: USERS, lock: LOCK } = object.offset
  return defineModel<Shared>({
    name: `unlock-then-free:${name}`,
    summary: `${lock.name}: each user locks and unlocks, the last of ${sides.length} frees the object${LATE.has(name) ? '; it has to wait' : ''}`,
    setup(scene) {
      const at = scene.name(alloc_boot(object.words), 'object', object)
      lock.init(at + LOCK, 'lock')
      fetch_sub(at + USERS, -sides.length)
      return { object: at }
    },
    cpus: sides.map((side) => ({ object: at }: Shared): void => {
      side.lock(at + LOCK)
      const last = fetch_sub(at + USERS, 1) === 1
      side.unlock(at + LOCK)
      if (last) trace_free(at, object.words, object.name)
    }),
    ...(LATE.has(name) ? { expect: 'use after free' as const } : bound > 0 && { bound }),
  })
}

/** A model per lock, and where readers share it one of a writer and readers. */
export const unlockThenFree: readonly Model[] = locks.flatMap((lock) => [
  model(lock, [lock, lock], lock.name),
  // Who gets a ticket lock is settled early: of it every interleaving is seen.
  model(lock, [lock, lock, lock], `${lock.name}-3`, lock.name === 'ticket_lock' ? 0 : 2),
  ...(lock.shared === undefined ? [] : [model(lock, [lock, lock.shared], `${lock.name}-reader`)]),
])
