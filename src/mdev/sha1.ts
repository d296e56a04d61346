/**
 * SHA-1 of a short text: one block, as much as an alias needs.
 *
 * Context   any; a cold path that makes JS objects.
 * Source    FIPS 180-4
 */
const START = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0] as const
const ROUND = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6] as const
/** Characters that fit into a block with the mark and the length. */
const MOST = 55

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/** The block's sixteen words: text, a one bit, zeroes, the length in bits. */
function block(text: string): number[] {
  const words = Array.from({ length: 16 }, () => 0)
  for (let i = 0; i <= text.length; i++) {
    const byte = i === text.length ? 0x80 : text.charCodeAt(i) & 0xff
    words[i >> 2] = (words[i >> 2] as number) | (byte << (24 - 8 * (i & 3)))
  }
  words[15] = text.length * 8
  return words
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d)
  return round === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
}

/** Digest of up to 55 Latin-1 characters: five words, the first one first. Throws RangeError for a longer text. */
export function sha1(text: string): number[] {
  if (text.length > MOST) throw new RangeError(`sha1: ${text.length} characters, at most ${MOST}`)
  const w = block(text)
  for (let i = 16; i < 80; i++) {
    w[i] = rotate(
      (w[i - 3] as number) ^ (w[i - 8] as number) ^ (w[i - 14] as number) ^ (w[i - 16] as number),
      1,
    )
  }
  let [a, b, c, d, e] = START as unknown as [number, number, number, number, number]
  for (let i = 0; i < 80; i++) {
    const round = Math.floor(i / 20)
    const next = (rotate(a, 5) + mix(round, b, c, d) + e + (ROUND[round] as number) + (w[i] as number)) | 0
    ;[a, b, c, d, e] = [next, a, rotate(b, 30), c, d]
  }
  return [a, b, c, d, e].map((word, i) => (word + (START[i] as number)) | 0)
}
