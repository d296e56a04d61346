/**
 * Robust statistics of samples.
 */
import type { Spread } from './storm.ts'

/** Middle value; NaN of nothing. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Median absolute deviation from the median, unscaled; NaN of nothing. */
export function mad(samples: readonly number[]): number {
  const middle = median(samples)
  return median(samples.map((sample) => Math.abs(sample - middle)))
}

/** Median, deviation and samples; 0 instead of NaN, so that it survives JSON. */
export function spreadOf(samples: readonly number[]): Spread {
  return { median: median(samples) || 0, mad: mad(samples) || 0, samples }
}
