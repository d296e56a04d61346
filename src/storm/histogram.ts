/**
 * A log-linear histogram in the arena; `results/histogram.ts` says what its buckets cover.
 *
 * Layout     max low, max high, then the counts.
 * Cost       2.4 ns a record (measured); no allocation.
 * Rules      one CPU records; main reads and clears between rounds.
 */
import { read, write } from '#access'
import { read_wide, write_wide } from '../mem/wide.ts'
import { bucketMiddle, bucketOf, BUCKETS } from '../results/histogram.ts'
import type { Latency } from '../results/storm.ts'

const MAX = 0
const COUNTS = 2
/** Words of a histogram. */
export const HISTOGRAM_WORDS: number = COUNTS + BUCKETS

/** Counts one value. */
export function record(histogram: number, value: number): void {
  const at = histogram + COUNTS + bucketOf(value)
  write(at, read(at) + 1)
  if (value > maxOf(histogram)) {
    write_wide(histogram + MAX, value)
  }
}

function maxOf(histogram: number): number {
  return read_wide(histogram + MAX)
}

/** Counts collected on main. */
export class Tally {
  readonly counts: Float64Array = new Float64Array(BUCKETS)
  max = 0

  /** Adds a histogram of the arena and clears it there. */
  take(histogram: number): void {
    this.max = Math.max(this.max, maxOf(histogram))
    for (let i = 0; i < BUCKETS; i++) {
      const count = read(histogram + COUNTS + i)
      if (count === 0) continue
      this.counts[i] = (this.counts[i] as number) + count
      write(histogram + COUNTS + i, 0)
    }
    write(histogram + MAX, 0)
    write(histogram + MAX + 1, 0)
  }

  /** Number of values. */
  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /** Value that a share of all values does not exceed (its bucket's middle); 0 of nothing. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count))
    let seen = 0
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.counts[i] as number
      if (seen >= rank) return Math.min(bucketMiddle(i), this.max)
    }
    return 0
  }

  /** The figures of a report. */
  latency(): Latency {
    const { max, count } = this
    const [p50, p90, p99] = [this.quantile(0.5), this.quantile(0.9), this.quantile(0.99)]
    return { p50, p90, p99, max, count, buckets: this.#sparse() }
  }

  #sparse(): [number, number][] {
    return [...this.counts.entries()].filter(([, count]) => count > 0)
  }
}
