/**
 * The rank test of two samples (Mann and Whitney 1947): does one lie above the other? It supposes nothing of their
 * distribution but that values are independent.
 *
 * Source  exact counting over midranks, so that ties are no approximation: Hollander, Wolfe and Chicken, "Nonparametric
 *         Statistical Methods", 4.1. The normal approximation with continuity and tie correction beyond MOST_EXACT.
 */

/** Steps of counting that are worth their time. */
const MOST_EXACT = 2_000_000

/** Ranks from 1, doubled, so that ties, which share the mean of theirs, have whole ones. */
export function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = Array.from({ length: values.length }, () => 0)
  for (let first = 0; first < order.length;) {
    let next = first + 1
    while (next < order.length && values[order[next] as number] === values[order[first] as number]) next++
    for (let at = first; at < next; at++) ranks[order[at] as number] = first + next + 1
    first = next
  }
  return ranks
}

/** How often `take` of the ranks have each sum: `counts[sum]`. */
function sums(ranks: readonly number[], take: number): Float64Array {
  const most = ranks.toSorted((a, b) => b - a).slice(0, take)
  const top = most.reduce((a, b) => a + b, 0)
  const ways = Array.from({ length: take + 1 }, () => new Float64Array(top + 1))
  ;(ways[0] as Float64Array)[0] = 1
  for (const rank of ranks) {
    for (let taken = take; taken > 0; taken--) {
      const [from, to] = [ways[taken - 1] as Float64Array, ways[taken] as Float64Array]
      for (let sum = top; sum >= rank; sum--) to[sum] = (to[sum] as number) + (from[sum - rank] as number)
    }
  }
  return ways[take] as Float64Array
}

/** Two-sided chance that a sum of ranks lies as far from its mean as this one. */
function exact(ranks: readonly number[], take: number, sum: number): number {
  const counts = sums(ranks, take)
  const mean = (take * ranks.reduce((a, b) => a + b, 0)) / ranks.length
  const far = Math.abs(sum - mean) - 1e-9
  let [all, beyond] = [0, 0]
  for (const [at, count] of counts.entries()) {
    all += count
    if (Math.abs(at - mean) >= far) beyond += count
  }
  return beyond / all
}

/** Two-sided chance of a standard normal beyond z (Abramowitz and Stegun 7.1.26; its error is below 1.5e-7 of the whole). */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.min(1, poly * Math.exp(-x * x))
}

/**
 * What stands for a Student's t of so many degrees of freedom on the scale of a normal (Wallace 1959): a variance that few
 * independent values give is itself not known well.
 */
function asNormal(t: number, freedom: number): number {
  const df = Math.max(1, freedom)
  return (t * (1 - 1 / (4 * df))) / Math.sqrt(1 + (t * t) / (2 * df))
}

/**
 * @param a one sample @param b the other
 * @param inflation how many times the variance of independent values theirs is: 1 if they are independent
 * @returns the two-sided p; 1 if either is empty
 */
export function rankTest(a: readonly number[], b: readonly number[], inflation = 1): number {
  const [m, n] = [a.length, b.length]
  if (m === 0 || n === 0) return 1
  const ranks = doubledRanks([...a, ...b])
  const sum = ranks.slice(0, m).reduce((x, y) => x + y, 0)
  const isSmall = m * (m + n) ** 3 <= MOST_EXACT
  if (inflation <= 1 && isSmall) return exact(ranks, m, sum)
  const mean = m * (m + n + 1)
  const squares = ranks.reduce((total, rank) => total + (rank - (m + n + 1)) ** 2, 0)
  const variance = (m * n * squares) / ((m + n) * (m + n - 1)) || 1
  const z = Math.max(0, Math.abs(sum - mean) - 1) / Math.sqrt(variance * Math.max(1, inflation))
  const p = normalTail(inflation > 1 ? asNormal(z, (m + n) / inflation - 2) : z)
  // The approximation must not say more than counting can.
  return isSmall ? Math.max(p, exact(ranks, m, sum)) : p
}
