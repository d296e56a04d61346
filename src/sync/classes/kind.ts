/** What `layout` can place. */
import type { Memory } from './shared.ts'

/** A kind of object in shared memory, with all that making one needs. */
export interface Kind<T> {
  /** Size in 32-bit words. */
  readonly words: number
  /** The object over words that have been made. */
  at(memory: Memory, address: number): T
  /** Makes one in zeroed words; absent if zeroed words are one. */
  init?(memory: Memory, address: number): unknown
}

/** A class whose zeroed words are a free object. */
export interface Placed<T> {
  readonly WORDS: number
  new (memory: Memory, address: number): T
}
