/**
 * What this thread holds of an object: kept beside it, since shared words count readers without saying who they are. All objects
 * over one place in one thread share it, so misuse is seen whichever of them is called.
 */
import type { Guard } from './guard.ts'

/** See the head of this file. */
export interface Mine {
  /** The guard of the exclusive acquisition that lasts. */
  guard: Guard | undefined
  /** Readers that this thread is in. */
  reads: number
  /** True while it is the writer. */
  writes: boolean
}

const places = new WeakMap<Int32Array, Map<number, Mine>>()

/** What this thread holds of the object there. */
export function mineAt(view: Int32Array, address: number): Mine {
  let inMemory = places.get(view)
  if (inMemory === undefined) places.set(view, (inMemory = new Map()))
  let mine = inMemory.get(address)
  if (mine === undefined) inMemory.set(address, (mine = { guard: undefined, reads: 0, writes: false }))
  return mine
}
