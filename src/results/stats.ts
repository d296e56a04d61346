/**
 * Robust statistics of samples.
 */
import type { AtMost, Interval, Spread } from './storm.ts'

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

const CONFIDENCE = 0.95

/**
 * The median of samples with the narrowest interval between two of them that holds the median of whatever they were drawn
 * from with 95 % confidence. It supposes nothing of their distribution: fewer than k of n samples lie below the median with
 * the probability that n tosses of a coin give fewer than k heads. Zeros of nothing.
 */
export function medianInterval(samples: readonly number[]): Interval {
  const sorted = [...samples].sort((a, b) => a - b)
  const n = sorted.length
  if (n === 0) return { median: 0, low: 0, high: 0, confidence: 0 }
  let [k, outside, chance] = [0, 2 ** -n, 2 ** -n]
  for (let next = 1; next < n / 2; next++) {
    chance *= (n - next + 1) / next
    if (1 - 2 * (outside + chance) < CONFIDENCE) break
    outside += chance
    k = next
  }
  const [low = 0, high = 0] = [sorted[k], sorted[n - 1 - k]]
  return { median: median(sorted), low, high, confidence: 1 - 2 * outside }
}

/** The median, and what that of whatever they were drawn from is at most, with 95 % confidence: one side of the above. */
export function medianAtMost(samples: readonly number[]): AtMost {
  const sorted = [...samples].sort((a, b) => b - a)
  const n = sorted.length
  let [k, outside, chance] = [0, 2 ** -n, 2 ** -n]
  for (let next = 1; next < n / 2; next++) {
    chance *= (n - next + 1) / next
    if (1 - (outside + chance) < CONFIDENCE) break
    outside += chance
    k = next
  }
  return { median: median(sorted), atMost: sorted[k] ?? 0, confidence: 1 - outside }
}

/** Median, interval, deviation and samples; 0 instead of NaN, so that it survives JSON. */
export function spreadOf(samples: readonly number[]): Spread {
  return { ...medianInterval(samples), mad: mad(samples) || 0, samples }
}
