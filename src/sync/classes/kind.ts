/** What `layout` can place, and how objects are made whose zeroed words are none. */
import { bind, unbind } from '#access'
import { checkPlace, type Memory, type SharedObject } from './shared.ts'

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

/** A kind whose zeroed words are none. */
export interface MadeKind<T> extends Kind<T> {
  init(memory: Memory, address: number): T
}

/** A kind that `make` makes, of `words` words, which is called with its first word and the memory bound. */
export function madeBy<T extends SharedObject>(
  Class: new (memory: Memory, address: number) => T,
  words: number,
  make: (address: T['address']) => void,
): MadeKind<T> {
  const at = (memory: Memory, address: number): T => new Class(memory, address)
  return {
    words,
    at,
    init(memory, address) {
      const made = at(memory, address)
      const { view, mine } = made
      checkPlace(`${mine.name}.init`, words, made.address, view.length)
      bind(view)
      make(made.address)
      unbind()
      return made
    },
  }
}
