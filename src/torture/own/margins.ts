/**
 * The memory of a user's lock, with words on either side that are not its own: a write there is found.
 */
import { counted } from '../../base/plural.ts'
import { MARGIN } from './control.ts'

const markOf = (i: number): number => 0x5afe_0000 | i

export class Margins {
  readonly memory: SharedArrayBuffer
  readonly #all: Int32Array
  readonly #words: number
  readonly #marked: readonly number[]

  /** @param words of the lock */
  constructor(words: number) {
    this.#words = words
    this.memory = new SharedArrayBuffer(4 * (words + 2 * MARGIN))
    this.#all = new Int32Array(this.memory)
    this.#marked = Array.from({ length: 2 * MARGIN }, (_, i) => (i < MARGIN ? i : i + words))
    for (const i of this.#marked) this.#all[i] = markOf(i)
  }

  /** The lock's own words, and some behind them. */
  get view(): Int32Array {
    return new Int32Array(this.memory, 4 * MARGIN)
  }

  /** How many words of the margins have been written, and what the first of them is. */
  written(): { readonly times: number; readonly text: string } {
    const wrong = this.#marked.filter((i) => Atomics.load(this.#all, i) !== markOf(i))
    const [first] = wrong
    if (first === undefined) return { times: 0, text: '' }
    const at = first - MARGIN
    const where = at < 0 ? `the word ${-at} before its view` : `word ${at} of its view`
    const text =
      `corruption: the lock has ${counted(this.#words, 'word')}, and ${where}, which is not its own, ` +
      `was written: it is ${Atomics.load(this.#all, first)}`
    return { times: wrong.length, text }
  }
}
