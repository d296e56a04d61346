/**
 * Buckets of a log-linear histogram: 32 per octave, so that a value is known to 3.1 % (a bucket's middle to 1.6 %). Values
 * are whole nanoseconds from 0 to 2^44 (4.8 hours).
 */
const SUB_BITS = 5
const SUB = 1 << SUB_BITS
const OCTAVES = 44
const HIGH = 0x1_0000_0000
/** Buckets of a histogram. */
export const BUCKETS: number = (OCTAVES - SUB_BITS + 1) * SUB

/** Bucket of a value; what is too large goes into the last one. */
export function bucketOf(value: number): number {
  if (value >= HIGH / 2) {
    const shift = 31 + 31 - Math.clz32(Math.floor(value / (HIGH / 2))) - SUB_BITS
    return Math.min(BUCKETS - 1, shift * SUB + Math.floor(value / 2 ** shift))
  }
  const word = value | 0
  if (word < SUB) return Math.max(0, word)
  const shift = 31 - Math.clz32(word) - SUB_BITS
  return shift * SUB + (word >>> shift)
}

/** Middle of a bucket. */
export function bucketMiddle(bucket: number): number {
  if (bucket < SUB) return bucket
  const shift = Math.floor(bucket / SUB) - 1
  const low = (SUB + (bucket % SUB)) * 2 ** shift
  return low + (2 ** shift - 1) / 2
}
