/**
 * Rounds of one process are no independent samples: a busy minute or a slow drift of the machine lasts for many of them.
 * This file says how much less they tell than as many independent values.
 *
 * Source  Geyer, "Practical Markov chain Monte Carlo" (1992): the sum of autocorrelations ends where a pair of them is no
 *         longer positive.
 */
import { doubledRanks } from './rank.ts'

/** Autocorrelation at a lag, pooled over series; each is compared with its own mean. */
function correlation(series: readonly (readonly number[])[], lag: number): number {
  let [product, square, lost] = [0, 0, 0]
  for (const one of series) {
    const mean = one.reduce((a, b) => a + b, 0) / one.length
    for (const [i, value] of one.entries()) {
      square += (value - mean) ** 2
      if (i + lag < one.length) product += (value - mean) * ((one[i + lag] as number) - mean)
      else lost++
    }
  }
  const size = series.reduce((sum, { length }) => sum + length, 0)
  // A series that is compared with its own mean looks less correlated than it is, by about 1 in its length.
  return square === 0 ? 0 : product / square / (1 - lost / size) + series.length / size
}

/**
 * How many times the variance of a mean of independent values that of these series' is; at least 1. In ranks, so that an
 * outlier is one value and not all of them.
 */
export function varianceInflation(series: readonly (readonly number[])[]): number {
  const ranked = series.filter(({ length }) => length > 3).map(doubledRanks)
  const longest = Math.max(0, ...ranked.map(({ length }) => length)) >> 1
  let sum = 0
  for (let lag = 1; lag + 1 <= longest; lag += 2) {
    const pair = correlation(ranked, lag) + correlation(ranked, lag + 1)
    if (pair <= 0) break
    sum += pair
  }
  return 1 + 2 * Math.max(0, sum)
}
