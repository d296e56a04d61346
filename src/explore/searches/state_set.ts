/** A set of 64-bit hashes. Two states of one hash are taken for one: with n states that happens with a probability of n² / 2^65. */
const FIRST = 1 << 12
/** Most states: 16 bytes each. */
export const MOST_STATES: number = 1 << 22

/** See the head of this file. Open addressing; the pair (0, 0) stands for an empty place. */
export class StateSet {
  #pairs = new Int32Array(FIRST * 2)
  size = 0

  /** Adds a hash. False if it is there already. */
  add(high: number, low: number): boolean {
    if (this.size * 2 >= this.#pairs.length / 2) this.#grow()
    return this.#put(high, low === 0 && high === 0 ? 1 : low)
  }

  #put(high: number, low: number): boolean {
    const pairs = this.#pairs
    const mask = pairs.length / 2 - 1
    for (let i = low & mask; ; i = (i + 1) & mask) {
      const [h, l] = [pairs[i * 2]!, pairs[i * 2 + 1]!]
      if (h === high && l === low) return false
      if (h !== 0 || l !== 0) continue
      pairs[i * 2] = high
      pairs[i * 2 + 1] = low
      this.size++
      return true
    }
  }

  #grow(): void {
    const old = this.#pairs
    this.#pairs = new Int32Array(old.length * 2)
    this.size = 0
    for (let i = 0; i < old.length; i += 2)
      if (old[i] !== 0 || old[i + 1] !== 0) this.#put(old[i]!, old[i + 1]!)
  }
}
