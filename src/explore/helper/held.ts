/**
 * The values that each word of a program has held in one execution, the first one included.
 */
import { kindNamed } from './kinds.ts'

const Words = kindNamed('Int32Array').Native as unknown as new (length: number) => Int32Array

/** See the head of this file. */
export class Held {
  readonly #values: number[][]
  /** Most values that any word has held. */
  layers = 1

  constructor(initial: Int32Array) {
    this.#values = Array.from(initial, (value) => [value])
  }

  /** Another execution begins. */
  begin(): void {
    for (const values of this.#values) values.length = 1
    this.layers = 1
  }

  /** A word holds this from now on. */
  note(word: number, value: number): void {
    const values = this.#values[word]
    if (values === undefined || values.includes(value)) return
    this.layers = Math.max(this.layers, values.push(value))
  }

  /** Every word with the value of this number that it has held, or its last. */
  layer(number: number): Int32Array {
    const words = new Words(this.#values.length)
    this.#values.forEach((values, i) => (words[i] = values[Math.min(number, values.length - 1)]!))
    return words
  }
}
