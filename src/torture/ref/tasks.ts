/**
 * Users find objects, take references, look whether the object lives, and let go. Replacers put new objects in the places of
 * old ones, whose first reference they drop.
 *
 * Checks   an object lives, in one and the same life, as long as anybody has a reference; it is freed exactly once; at rest
 *          each count is what it must be.
 */
import { READ_ONCE, xchg } from '#access'
import { NSEC_PER_USEC } from '../../base/constants.ts'
import type { TortureTask } from '../task.ts'
import type { RefOps } from './ops.ts'
import { allocObject, freeObject, isAlive, OBJECT, placeAt, PLACES, REF } from './state.ts'

export const COUNTERS = [
  'uses',
  'replaced',
  'missed',
  'alloc_fails',
  'freed',
  'fail_used_after_free',
  'fail_freed_twice',
  'fail_below_zero',
] as const
// Indices into COUNTERS.
const USES = 0
const REPLACED = 1
const MISSED = 2
const ALLOC_FAILS = 3
const FREED = 4
const USED_AFTER_FREE = 5
const FREED_TWICE = 6
const BELOW_ZERO = 7

function releaser(task: TortureTask): (ref: number) => void {
  return (ref) => task.count(freeObject(task.state, ref - REF) ? FREED : FREED_TWICE)
}

function useObject(task: TortureTask, ops: RefOps, object: number, release: (ref: number) => void): void {
  const generation = READ_ONCE(object + OBJECT.generation)
  const more = task.rng.below(3)
  for (let i = 0; i < more; i++) ops.get(object + REF)
  if (task.one_in(64)) task.udelay(task.rng.below(5))
  if (task.one_in(4000)) task.nap(task.rng.below(200) * NSEC_PER_USEC)
  for (let i = 0; i < more; i++) ops.put(object + REF, release)
  const same = READ_ONCE(object + OBJECT.generation) === generation
  if (!same || !isAlive(object)) task.count(USED_AFTER_FREE)
  if (ops.read(object + REF) < 0) task.count(BELOW_ZERO)
  task.count(USES)
}

/** Finds, uses and drops objects. */
export function ref_torture_user(task: TortureTask, ops: RefOps): void {
  const release = releaser(task)
  while (task.turn()) {
    const place = placeAt(task.state, task.rng.below(PLACES))
    const object = READ_ONCE(place)
    if (object === 0 || !ops.tryget(object + REF)) {
      task.count(MISSED)
      continue
    }
    // It may have died and come to life elsewhere between the look and the reference.
    if (READ_ONCE(place) === object) useObject(task, ops, object, release)
    else task.count(MISSED)
    ops.put(object + REF, release)
  }
}

/** Replaces objects. */
export function ref_torture_replacer(task: TortureTask, ops: RefOps): void {
  const release = releaser(task)
  while (task.turn()) {
    const object = allocObject(task.state, ops)
    if (object === 0) {
      task.count(ALLOC_FAILS)
      task.idle(100 * NSEC_PER_USEC)
      continue
    }
    const old = xchg(placeAt(task.state, task.rng.below(PLACES)), object)
    if (old !== 0) ops.retire(old + REF, release)
    task.count(REPLACED)
    if (task.one_in(16)) task.udelay(task.rng.below(20))
    if (task.one_in(500)) task.idle(task.rng.below(500) * NSEC_PER_USEC)
  }
}
