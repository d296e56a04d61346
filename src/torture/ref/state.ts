/**
 * Objects whose lifetime is tortured, and the places where they can be found.
 *
 * State    object.life   FREE    on the free list; its count is 0     revive: LIVE
 *                        LIVE    findable, or on its way in or out     release, once: FREE
 *          A place holds an object or 0. An object is in at most one place.
 * Memory   objects are recycled, never given back: who has an old address may still look at the count. So a reference found
 *          through a place counts only if the place still names the object afterwards (as with SLAB_TYPESAFE_BY_RCU).
 * Order    the bit lock of the free list is a leaf.
 */
import { cmpxchg, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { bit_spin_lock, bit_spin_unlock } from '../../mem/bit_spinlock.ts'
import { guarded_by, ptr, struct, word } from '../../mem/layout.ts'
import type { RefOps } from './ops.ts'

/** Places where objects can be found: few, so that tasks meet. */
export const PLACES = 4
export const OBJECTS = 64
const FREE = 0
const LIVE = 1

const ref_object = struct('ref_torture_object', {
  life: word,
  /** Counts lives, to notice that the object under one's hands has become another. */
  generation: word,
  next: guarded_by('ref_torture_lock', ptr('ref_torture_object')),
})
export const OBJECT = ref_object.offset
/** Address of the count, from the object. */
export const REF = ref_object.words

export const ref_torture = struct('ref_torture', {
  lock: word,
  free: guarded_by('ref_torture_lock', ptr('ref_torture_object')),
  nfree: guarded_by('ref_torture_lock', word),
  objects: ptr('ref_torture_object'),
  stride: word,
  places: ptr('words'),
})
const AT = ref_torture.offset

/** Makes the objects, all free. Boot CPU. @throws RangeError when the arena is full */
export function initRefTorture(ops: RefOps): number {
  const state = alloc_boot(ref_torture.words)
  const stride = Math.ceil((REF + ops.words) / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
  const objects = alloc_boot(stride * OBJECTS)
  write(state + AT.objects, objects)
  write(state + AT.stride, stride)
  write(state + AT.places, alloc_boot(PLACES * CACHE_LINE_WORDS))
  for (let i = 0; i < OBJECTS; i++) {
    if (ops.init(objects + i * stride + REF) !== 0) throw new RangeError(`${ops.name}: the arena is full`)
    pushFree(state, objects + i * stride)
  }
  return state
}

function pushFree(state: number, object: number): void {
  bit_spin_lock(0, state + AT.lock)
  write(object + OBJECT.next, read(state + AT.free))
  write(state + AT.free, object)
  write(state + AT.nfree, read(state + AT.nfree) + 1)
  bit_spin_unlock(0, state + AT.lock)
}

/** Takes a free object and brings it to life with one reference; 0 if there is none. */
export function allocObject(state: number, ops: RefOps): number {
  bit_spin_lock(0, state + AT.lock)
  const object = read(state + AT.free)
  if (object !== 0) {
    write(state + AT.free, read(object + OBJECT.next))
    write(state + AT.nfree, read(state + AT.nfree) - 1)
  }
  bit_spin_unlock(0, state + AT.lock)
  if (object === 0) return 0
  WRITE_ONCE(object + OBJECT.generation, (READ_ONCE(object + OBJECT.generation) + 1) | 0)
  WRITE_ONCE(object + OBJECT.life, LIVE)
  ops.revive(object + REF)
  return object
}

/** Frees an object. Returns false if it was free already. */
export function freeObject(state: number, object: number): boolean {
  if (cmpxchg(object + OBJECT.life, LIVE, FREE) !== LIVE) return false
  pushFree(state, object)
  return true
}

/** True while the object lives. */
export function isAlive(object: number): boolean {
  return READ_ONCE(object + OBJECT.life) === LIVE
}

/** Address of a place. */
export function placeAt(state: number, i: number): number {
  return read(state + AT.places) + i * CACHE_LINE_WORDS
}

/** Count that an address belongs to. */
export function refAt(state: number, address: number): number {
  const objects = read(state + AT.objects)
  const stride = read(state + AT.stride)
  return objects + Math.floor((address - objects) / stride) * stride + REF
}

/** At rest: texts of objects that are neither free without references nor findable with one. */
export function auditObjects(state: number, ops: RefOps): string[] {
  const found = new Set<number>()
  for (let i = 0; i < PLACES; i++) found.add(READ_ONCE(placeAt(state, i)))
  const faults: string[] = []
  let live = 0
  for (let i = 0; i < OBJECTS; i++) {
    const object = read(state + AT.objects) + i * read(state + AT.stride)
    const count = ops.read(object + REF)
    const wanted = found.has(object) ? 1 : 0
    if (isAlive(object)) live++
    if (isAlive(object) !== (wanted === 1))
      faults.push(`object ${i} is ${wanted ? 'free but findable' : 'leaked'}`)
    else if (count !== wanted) faults.push(`object ${i} has ${count} references instead of ${wanted}`)
  }
  const free = READ_ONCE(state + AT.nfree)
  if (free + live !== OBJECTS) faults.push(`${free} objects are free and ${live} live, of ${OBJECTS}`)
  return faults
}
