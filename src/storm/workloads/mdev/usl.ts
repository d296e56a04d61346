/**
 * Universal Scalability Law: throughput X(n) = λn / (1 + σ(n−1) + κn(n−1)). σ is the share that is serial (contention),
 * κ the cost of keeping CPUs coherent.
 *
 * Method   n / X(n) = a + b(n−1) + c·n(n−1) is linear with a = 1/λ, σ = b/a, κ = c/a: weighted least squares in relative
 *          error, with b and c not below 0. Intervals: percentile bootstrap over rounds.
 * Source   N. J. Gunther, "Guerrilla Capacity Planning", 2007
 */
import { Rng } from '../../../base/rng.ts'
import { median } from '../../../results/stats.ts'

/** Throughput samples at a number of CPUs. */
export interface UslPoint {
  readonly cpus: number
  /** Operations per second, one per round. */
  readonly samples: readonly number[]
}

/** Throughput on one CPU (operations per second), contention σ, coherency κ. */
export interface UslFit {
  readonly lambda: number
  readonly sigma: number
  readonly kappa: number
}

/** Fit with 95 % intervals. */
export interface UslFitWithIntervals extends UslFit {
  readonly sigmaInterval: readonly [number, number]
  readonly kappaInterval: readonly [number, number]
}

const RESAMPLES = 300

/** Solves a symmetric positive system by Gaussian elimination; undefined if it is singular. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, i) => [...row, right[i] as number])
  const n = rows.length
  for (let i = 0; i < n; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row) => (Math.abs(at(row, i)) > Math.abs(at(best, i)) ? row : best))
    const swap = rows.indexOf(pivot)
    ;[rows[i], rows[swap]] = [pivot, rows[i] as number[]]
    if (Math.abs(at(pivot, i)) < 1e-15) return undefined
    for (const row of rows) {
      if (row === pivot) continue
      const factor = at(row, i) / at(pivot, i)
      for (let k = i; k <= n; k++) row[k] = at(row, k) - factor * at(pivot, k)
    }
  }
  return rows.map((row, i) => at(row, n) / at(row, i))
}

function at(row: readonly number[], i: number): number {
  return row[i] as number
}

/** Weighted least squares over the chosen columns; the others are 0. */
function leastSquares(
  points: readonly { cpus: number; throughput: number }[],
  use: readonly boolean[],
): number[] | undefined {
  const design = points.map(({ cpus: n, throughput }) => {
    const y = n / throughput
    return { columns: [1, n - 1, n * (n - 1)].filter((_, i) => use[i]).map((x) => x / y) }
  })
  const size = use.filter(Boolean).length
  const normal = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_unused, k) =>
      design.reduce((sum, { columns }) => sum + at(columns, i) * at(columns, k), 0),
    ),
  )
  const right = Array.from({ length: size }, (_, i) =>
    design.reduce((sum, { columns }) => sum + at(columns, i), 0),
  )
  const found = solve(normal, right)
  if (found === undefined) return undefined
  return use.map((used) => (used ? (found.shift() as number) : 0))
}

function error(points: readonly { cpus: number; throughput: number }[], c: readonly number[]): number {
  return points.reduce((sum, { cpus: n, throughput }) => {
    const fitted = at(c, 0) + at(c, 1) * (n - 1) + at(c, 2) * n * (n - 1)
    return sum + (fitted / (n / throughput) - 1) ** 2
  }, 0)
}

/** The best fit without a negative coefficient; undefined for fewer than two numbers of CPUs. */
export function fitUsl(points: readonly { cpus: number; throughput: number }[]): UslFit | undefined {
  const usable = points.filter((point) => point.throughput > 0)
  if (new Set(usable.map((point) => point.cpus)).size < 2) return undefined
  const shapes = [
    [true, true, true],
    [true, true, false],
    [true, false, true],
    [true, false, false],
  ]
  const candidates = shapes
    .map((use) => leastSquares(usable, use))
    .filter((c) => c !== undefined && at(c, 0) > 0 && at(c, 1) >= 0 && at(c, 2) >= 0) as number[][]
  if (candidates.length === 0) return undefined
  const best = candidates.reduce((a, b) => (error(usable, b) < error(usable, a) - 1e-12 ? b : a))
  return { lambda: 1 / at(best, 0), sigma: at(best, 1) / at(best, 0), kappa: at(best, 2) / at(best, 0) }
}

/** Fit of the medians, with bootstrap intervals; undefined for fewer than three numbers of CPUs. */
export function fitWithIntervals(points: readonly UslPoint[], seed: number): UslFitWithIntervals | undefined {
  if (points.length < 3) return undefined
  const fit = fitUsl(points.map(({ cpus, samples }) => ({ cpus, throughput: median(samples) })))
  if (fit === undefined) return undefined
  const rng = new Rng(seed)
  const fits = Array.from({ length: RESAMPLES }, () =>
    fitUsl(points.map(({ cpus, samples }) => ({ cpus, throughput: median(resample(samples, rng)) }))),
  ).filter((one) => one !== undefined)
  return {
    ...fit,
    sigmaInterval: interval(fits.map((one) => one.sigma)),
    kappaInterval: interval(fits.map((one) => one.kappa)),
  }
}

function resample(samples: readonly number[], rng: Rng): number[] {
  return samples.map(() => samples[rng.below(samples.length)] as number)
}

function interval(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const pick = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return [pick(0.025), pick(0.975)]
}
