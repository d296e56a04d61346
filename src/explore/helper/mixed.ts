/**
 * Hashes of 64 bits, as two words that are mixed in ways of their own.
 */

/** What makes the second word differ from the first. */
export const OTHER = 0x51ed_270b

/** Mixes two numbers into 32 bits. */
export function mixed(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e37_79b1, 0x85eb_ca6b) ^ Math.imul(b + 0x7f4a_7c15, 0xc2b2_ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a_2d39)
  return h ^ (h >>> 15)
}

/** The hash of numbers in their order. */
export class Hash64 {
  high = 0
  low = 0

  /** Begins anew. */
  begin(seed: number): void {
    this.high = this.low = seed
  }

  add(value: number): void {
    this.high = mixed(this.high, value)
    this.low = mixed(value, this.low + OTHER)
  }
}
