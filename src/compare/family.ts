/**
 * Many cells are judged at once, so that some differ by chance. Both ways here hold the chance of any false verdict among them to
 * alpha, whatever is true of the others.
 *
 * Steps     Holm's: the smallest p is held against all cells, the next against the rest, and so on.
 * holm      for p of whatever test: each step multiplies by the cells that are left.
 * byLabels  where whole runs can change sides: each step asks how often the largest difference of the cells that are left is
 *           as large when the runs are dealt to the sides anew. It is Holm's bound made exact for cells that move together, as
 *           all of a machine do, and it needs no more runs for more cells.
 * Source    Holm 1979; Westfall and Young, "Resampling-Based Multiple Testing" (1993), algorithm 4.1 (step-down max T).
 */
import { Rng } from '../base/rng.ts'

/** p of each test, for the whole family. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] as number) - (ps[b] as number))
  const adjusted = ps.map(() => 1)
  let highest = 0
  for (const [step, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (ps[i] as number) * (ps.length - step)))
    adjusted[i] = highest
  }
  return adjusted
}

/** All ways to choose m of n, if they are few enough; else so many at random. The first is 0, 1, 2, … */
const MOST_DEALS = 20_000

function binomial(n: number, m: number): number {
  let ways = 1
  for (let i = 1; i <= m; i++) ways = (ways * (n - m + i)) / i
  return Math.round(ways)
}

function* choices(n: number, m: number, from = 0): Generator<number[]> {
  if (m === 0) {
    yield []
    return
  }
  for (let first = from; first <= n - m; first++) {
    for (const rest of choices(n, m - 1, first + 1)) yield [first, ...rest]
  }
}

/** Ways in which the runs can be dealt to the sides, as they are dealt first. */
export function deals(m: number, n: number): number[][] {
  if (binomial(m + n, m) <= MOST_DEALS) return [...choices(m + n, m)]
  const rng = new Rng(1)
  const all = Array.from({ length: m + n }, (_, i) => i)
  const random = Array.from({ length: MOST_DEALS - 1 }, () => rng.shuffle([...all]).slice(0, m))
  return [all.slice(0, m), ...random]
}

/**
 * How far the sides lie apart, in units of their spread: Student's t, with the variance of both pooled. Of each deal; 0 where a side
 * has fewer than two values.
 */
function apart(values: readonly number[], sides: readonly (readonly number[])[]): Float64Array {
  const there = values.filter((value) => !Number.isNaN(value))
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length
  const squares = there.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Float64Array.from(sides, (first) => {
    let [sum, m] = [0, 0]
    for (const run of first) {
      const value = values[run] as number
      if (Number.isNaN(value)) continue
      sum += value - mean
      m++
    }
    const n = there.length - m
    if (m < 2 || n < 2) return 0
    // The other side's sum is the same with the other sign.
    const within = Math.max(0, squares - (sum * sum) / m - (sum * sum) / n)
    const spread = Math.sqrt((within / (m + n - 2)) * (1 / m + 1 / n))
    return Math.abs(sum / m + sum / n) / (spread + 1e-12)
  })
}

/**
 * @param cells one value per run and cell: those of the first side before those of the other; NaN of a run that has none there
 * @param m runs of the first side; both have two values at least in each cell
 * @returns p of each cell alone, and for the whole family
 */
export function byLabels(
  cells: readonly (readonly number[])[],
  m: number,
): readonly { readonly p: number; readonly adjusted: number }[] {
  const runs = cells[0]?.length ?? 0
  const sides = deals(m, runs - m)
  const found = cells.map((values) => apart(values, sides))
  const seen = found.map(([own = 0]) => own)
  const order = seen.map((_, i) => i).sort((a, b) => (seen[a] as number) - (seen[b] as number))
  const largest = new Float64Array(sides.length)
  const stepped = seen.map(() => 1)
  for (const i of order) {
    for (const [deal, t] of (found[i] as Float64Array).entries())
      largest[deal] = Math.max(largest[deal] as number, t)
    stepped[i] = shareFrom(largest, seen[i] as number)
  }
  let highest = 0
  const adjusted = seen.map(() => 1)
  for (const i of order.toReversed()) adjusted[i] = highest = Math.max(highest, stepped[i] as number)
  return seen.map((own, i) => ({
    p: shareFrom(found[i] as Float64Array, own),
    adjusted: adjusted[i] as number,
  }))
}

/** Share of the deals whose difference is as large; the one that was dealt is among them. */
function shareFrom(all: Float64Array, least: number): number {
  return all.reduce((sum, t) => sum + (t >= least * (1 - 1e-9) ? 1 : 0), 0) / all.length
}
