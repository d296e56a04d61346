/**
 * How finely the memory of one program has to be looked at. Most programs use whole words only, so that is what an exploration
 * starts with. When a body uses less or more than a word atomically, or a part of one, this learns it and the exploration starts
 * again: clocks and dependence must be the same in all of its executions.
 */

/** Words of the first block that is split. */
const FIRST_BLOCK = 8

/** Thrown when something has been learned. */
export const REGRAIN = Symbol('the exploration starts again, with a finer grain')

/** What is known of a memory, as plain data: other cores look at it as finely. */
export interface GrainData {
  readonly split: Uint8Array
  readonly paired: Uint8Array
  readonly block: number
  readonly mixed: boolean
}

/** What is known of a memory of so many words. */
export class Grain {
  readonly #split: Uint8Array
  readonly #paired: Uint8Array
  #block = FIRST_BLOCK
  #anyPaired = false
  /** Something was learned since the executions started. */
  learned = false
  /** Some word is split. */
  anySplit = false
  /** Atomics of several sizes are used: those that overlap without being equal race. */
  mixed = false

  constructor(words: number) {
    this.#split = new Uint8Array(words)
    // Pairs are told by the engine's words, which begin with two of its own.
    this.#paired = new Uint8Array(words + 4)
  }

  get data(): GrainData {
    return { split: this.#split, paired: this.#paired, block: this.#block, mixed: this.mixed }
  }

  /** Takes over what somebody else has learned of the same memory. */
  adopt({ split, paired, block, mixed }: GrainData): this {
    this.#split.set(split)
    this.#paired.set(paired)
    this.#block = block
    this.mixed = mixed
    this.anySplit = split.includes(1)
    this.#anyPaired = paired.includes(1)
    return this
  }

  /** True if nothing but whole words has been accessed. */
  get whole(): boolean {
    return !(this.anySplit || this.mixed || this.#anyPaired)
  }

  /** True if each byte of the word has a clock of its own. */
  isSplit(word: number): boolean {
    return this.#split[word] !== 0
  }

  /** The word that stands for this one in the dependence relation. */
  representative(word: number): number {
    return this.#paired[word] === 0 ? word : word & ~1
  }

  /** A part of the word is accessed. */
  split(word: number): void {
    const from = word - (word % this.#block)
    this.#split.fill(1, from, from + this.#block)
    this.#block *= 2
    this.anySplit = this.learned = true
  }

  /** Both words of a pair are accessed by one atomic operation. True if that is new. */
  pair(even: number): boolean {
    if (this.#paired[even] !== 0) return false
    this.#paired.fill(1, even, even + 2)
    this.#anyPaired = this.learned = true
    return true
  }

  /** An atomic operation is not on a word of 32 bits. True if that is new. */
  mix(): boolean {
    if (this.mixed) return false
    this.mixed = this.learned = true
    return true
  }
}
