import { expect, test } from 'vitest'
import { Rng } from '#lockstorm/base/index'
import { fitUsl, fitWithIntervals } from '#lockstorm/storm/workloads/mdev/usl'

const law = (n: number, lambda: number, sigma: number, kappa: number): number =>
  (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))
const CPUS = [1, 2, 4, 8, 16]

test.each([
  [1000, 0, 0],
  [1000, 1, 0],
  [5000, 0.1, 0.01],
  [200, 0.5, 0.002],
])('a curve with λ %d, σ %d, κ %d is recognised', (lambda, sigma, kappa) => {
  const fit = fitUsl(CPUS.map((cpus) => ({ cpus, throughput: law(cpus, lambda, sigma, kappa) })))
  expect(fit?.lambda).toBeCloseTo(lambda, 3)
  expect(fit?.sigma).toBeCloseTo(sigma, 6)
  expect(fit?.kappa).toBeCloseTo(kappa, 6)
})

test('faster than linear is fitted with the bounds at zero, not with negative contention', () => {
  const fit = fitUsl(CPUS.map((cpus) => ({ cpus, throughput: 100 * cpus ** 1.2 })))
  expect(fit?.sigma).toBeGreaterThanOrEqual(0)
  expect(fit?.kappa).toBeGreaterThanOrEqual(0)
})

test('the interval of a noisy curve contains the truth', () => {
  const rng = new Rng(5)
  const points = CPUS.map((cpus) => ({
    cpus,
    samples: Array.from({ length: 30 }, () => law(cpus, 1000, 0.2, 0.01) * (0.95 + rng.float() * 0.1)),
  }))
  const fit = fitWithIntervals(points, 1)
  const [low, high] = fit?.sigmaInterval ?? [1, 0]
  expect(low).toBeLessThanOrEqual(0.21)
  expect(high).toBeGreaterThanOrEqual(0.19)
  expect(high - low).toBeLessThan(0.2)
})

test('two points have no intervals, and one has no fit', () => {
  expect(fitWithIntervals([{ cpus: 1, samples: [1] }], 1)).toBeUndefined()
  expect(fitUsl([{ cpus: 1, throughput: 10 }])).toBeUndefined()
})
