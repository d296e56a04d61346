/** Mixes two numbers into 32 bits. */
export function mixed(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e37_79b1, 0x85eb_ca6b) ^ Math.imul(b + 0x7f4a_7c15, 0xc2b2_ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a_2d39)
  return h ^ (h >>> 15)
}
