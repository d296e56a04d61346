/**
 * The values that each word of a program has held in one execution, the first one included.
 */
import { kindNamed } from './kinds.ts'

const Words = kindNamed('Int32Array').Native as unknown as new (length: number) => Int32Array

/** Where the words have held no more combinations of values than this, all of them are shown. */
const ALL = 32

/** See the head of this file. */
export class Held {
  readonly #values: number[][]
  /** Most values that any word has held. */
  #most = 1

  constructor(initial: Int32Array) {
    this.#values = Array.from(initial, (value) => [value])
  }

  /** Another execution begins. */
  begin(): void {
    for (const values of this.#values) values.length = 1
    this.#most = 1
  }

  /** A word holds this from now on. */
  note(word: number, value: number): void {
    const values = this.#values[word]
    if (values === undefined || values.includes(value)) return
    this.#most = Math.max(this.#most, values.push(value))
  }

  get #combinations(): number {
    return this.#values.reduce((product, { length }) => product * length, 1)
  }

  /** Contents that are worth showing. */
  get layers(): number {
    const all = this.#combinations
    return all <= ALL ? all : this.#most
  }

  /** The combination of this number; where there are too many, every word with the value of this number that it has held, or its last. */
  layer(number: number): Int32Array {
    const words = new Words(this.#values.length)
    const all = this.#combinations <= ALL
    let rest = number
    this.#values.forEach((values, i) => {
      words[i] = values[all ? rest % values.length : Math.min(number, values.length - 1)]!
      if (all) rest = Math.floor(rest / values.length)
    })
    return words
  }
}
