/**
 * What this thread knows of the places of a memory: which object is there, and what the thread holds of it. It is kept beside the
 * object, since shared words count readers without saying who they are. All objects over one place share it, so misuse is seen
 * whichever of them is called.
 */
import type { Guard } from './guard.ts'
import type { Waiter } from '../waiter.ts'

/** Of `inside`. */
export const WRITING = -1

/** One place, as this thread knows it. */
export interface Mine {
  /** Class of the object and its first word. */
  readonly name: string
  readonly start: number
  /** The guard of the exclusive acquisition that lasts. */
  guard: Guard | undefined
  /** Readers that this thread is in, WRITING while it is the writer; of an Srcu, readers of index 0. */
  inside: number
  /** How often more than once it has taken a lock that allows it; of an Srcu, readers of index 1. */
  depth: number
  /** Asynchronous waiters, of a class that lets them take turns or be cancelled. */
  queue: Waiter[] | undefined
  /** True while an asynchronous task holds a lock that the thread could take again. */
  byTask: boolean
}

/** An object in shared memory, as far as checks and errors need it. */
export interface InMemory {
  readonly view: Int32Array
  readonly address: number
  readonly mine: Mine
}

/** By memory and word. */
const places = new WeakMap<Int32Array, Map<number, Mine>>()

/**
 * The place of an object of class `name`; its words are that object's from now on.
 * @throws RangeError if some of them are those of another object
 */
export function placeOf(view: Int32Array, start: number, words: number, name: string): Mine {
  let known = places.get(view)
  if (known === undefined) places.set(view, (known = new Map()))
  const end = start + words
  for (let word = start; word < end; word++) {
    const other = known.get(word)
    if (other === undefined) continue
    if (word === start && other.start === start && other.name === name) return other
    throw new RangeError(
      `new ${name}: the ${words} words at word ${start} must not overlap the ${other.name} at word ${other.start}: see recycle`,
    )
  }
  const mine: Mine = {
    name,
    start,
    guard: undefined,
    inside: 0,
    depth: 0,
    queue: undefined,
    byTask: false,
  }
  for (let word = start; word < end; word++) known.set(word, mine)
  return mine
}

/** Forgets the objects of these words. */
export function forget(view: Int32Array, start: number, words: number): void {
  const known = places.get(view)
  for (let word = start; word < start + words; word++) known?.delete(word)
}
