/**
 * The values that each word of a program has held in one execution, the first one included.
 */
import { mixed, OTHER } from './mixed.ts'

/** Where the words have held no more combinations of values than this, all of them are shown. */
const ALL = 32

/** See the head of this file. */
export class Held {
  readonly #values: number[][]
  /** Words that have changed. */
  readonly #changed: number[] = []
  /** Most values that any word has held. */
  #most = 1
  /** The first value of each word that has not changed; of the others what is shown. */
  readonly #shown: Int32Array
  /** Two independent hashes of what is shown, by which the contents of all executions of a program are told apart. */
  high = 0
  low = 0

  constructor(initial: Int32Array) {
    this.#values = Array.from(initial, (value) => [value])
    this.#shown = initial
  }

  /** Another execution begins. */
  begin(): void {
    for (const word of this.#changed) {
      const values = this.#values[word]!
      values.length = 1
      this.#shown[word] = values[0]!
    }
    this.#changed.length = 0
    this.#most = 1
  }

  /** A word holds this from now on. */
  note(word: number, value: number): void {
    const values = this.#values[word]
    if (values === undefined || values.includes(value)) return
    if (values.length === 1) this.#changed.push(word)
    this.#most = Math.max(this.#most, values.push(value))
  }

  get #combinations(): number {
    let product = 1
    for (const word of this.#changed) product *= this.#values[word]!.length
    return product
  }

  /** Contents that are worth showing. */
  get layers(): number {
    const all = this.#combinations
    return all <= ALL ? all : this.#most
  }

  /**
   * The combination of this number; where there are too many, every word with the value of this number that it has held, or its last.
   * Holds until it is asked for another one.
   */
  layer(number: number): Int32Array {
    const all = this.#combinations <= ALL
    let rest = number
    this.high = this.low = 0
    for (const word of this.#changed) {
      const values = this.#values[word]!
      const value = values[all ? rest % values.length : Math.min(number, values.length - 1)]!
      if (all) rest = Math.floor(rest / values.length)
      this.#shown[word] = value
      if (value !== values[0]) this.#hash(word, value)
    }
    return this.#shown
  }

  /** Words change in another order in another execution, so this is a sum. */
  #hash(word: number, value: number): void {
    this.high = (this.high + mixed(word, value)) | 0
    this.low = (this.low + mixed(value, word + OTHER)) | 0
  }
}
