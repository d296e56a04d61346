/**
 * What has been reached already, as a set of 64-bit hashes with a small number for each. Two states of one hash are taken for one:
 * with n states that happens with a probability of n² / 2^65.
 */
const FIRST = 1 << 12
/** Most states, if nobody says: 12 bytes each, and as much again for room. */
const MOST_STATES = 1 << 22

/** Words of an entry: the hash, and the number. */
const ENTRY = 3

/** See the head of this file. Open addressing; the pair (0, 0) stands for an empty place. */
export class StateSet {
  #entries = new Int32Array(FIRST * ENTRY)
  readonly #most: number
  size = 0

  constructor(most: number = MOST_STATES) {
    this.#most = most
  }

  /** No state is added any more. */
  get isFull(): boolean {
    return this.size >= this.#most
  }

  /** Adds a hash. False if it is there already, or the set is full. */
  add(high: number, low: number): boolean {
    const before = this.size
    this.place(high, low)
    return this.size > before
  }

  /** Where the number of a hash is kept; a hash that is new gets the number 0. −1: it is new, and there is no room for it. */
  place(high: number, bits: number): number {
    const low = bits === 0 && high === 0 ? 1 : bits
    const at = this.#find(high, low)
    const entries = this.#entries
    if (entries[at] !== 0 || entries[at + 1] !== 0) return at + 2
    if (this.isFull) return -1
    entries[at] = high
    entries[at + 1] = low
    this.size++
    if (this.size * 3 < (entries.length / ENTRY) * 2) return at + 2
    this.#grow()
    return this.#find(high, low) + 2
  }

  numberAt(place: number): number {
    return this.#entries[place]!
  }

  put(place: number, number: number): void {
    this.#entries[place] = number
  }

  /** Where the hash is, or is to be. */
  #find(high: number, low: number): number {
    const entries = this.#entries
    const mask = entries.length / ENTRY - 1
    for (let i = low & mask; ; i = (i + 1) & mask) {
      const at = i * ENTRY
      if (entries[at] === high && entries[at + 1] === low) return at
      if (entries[at] === 0 && entries[at + 1] === 0) return at
    }
  }

  #grow(): void {
    const old = this.#entries
    this.#entries = new Int32Array(old.length * 2)
    for (let i = 0; i < old.length; i += ENTRY) {
      if (old[i] === 0 && old[i + 1] === 0) continue
      const at = this.#find(old[i]!, old[i + 1]!)
      for (let word = 0; word < ENTRY; word++) this.#entries[at + word] = old[i + word]!
    }
  }
}
