/**
 * Bitmaps and the lowest-free-number allocator built on them (group numbers, minors).
 *
 * Context   ida_alloc and ida_free are lock-free and may be called anywhere; the others are plain.
 */
import { cmpxchg, fetch_and, READ_ONCE } from '#access'
import { trace_point } from '#trace'
import { ENOSPC } from '../base/errno.ts'
import { should_fail } from './fault.ts'

/** Takes the lowest clear bit of `bits` bits at `map`. Returns its number or -ENOSPC. */
export function ida_alloc(map: number, bits: number): number {
  if (should_fail()) return -ENOSPC
  for (let base = 0; base < bits; base += 32) {
    const at = map + (base >> 5)
    for (;;) {
      const old = READ_ONCE(at)
      if (old === -1) break
      const bit = 31 - Math.clz32(~old & (old + 1))
      if (base + bit >= bits) return -ENOSPC
      if (cmpxchg(at, old, old | (1 << bit)) === old) return base + bit
    }
  }
  return -ENOSPC
}

/** Gives the number back. One that nobody has is told to the tracepoint (checked build). */
export function ida_free(map: number, id: number): void {
  const bit = 1 << (id & 31)
  if ((fetch_and(map + (id >> 5), ~bit) & bit) === 0) trace_point('ida_free: the number is not allocated')
}

/** Number of bits set in `words` words at `map`. */
export function bitmap_weight(map: number, words: number): number {
  let weight = 0
  for (let i = 0; i < words; i++) {
    let rest = READ_ONCE(map + i)
    while (rest !== 0) {
      rest &= rest - 1
      weight++
    }
  }
  return weight
}
