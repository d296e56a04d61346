import { expect, test } from 'vitest'
import { medianAtMost, medianInterval } from '#lockstorm/results/index'
import { Rng } from '#lockstorm/base/index'

test('the interval of a median lies between two samples, as tables of order statistics have it', () => {
  // Ranks for 95 %, from the binomial distribution: 25 samples 8 and 18, 16 samples 4 and 13, 6 samples their range.
  const ranks = (n: number): number[] => {
    const { low, high } = medianInterval(Array.from({ length: n }, (_, i) => i + 1))
    return [low, high]
  }
  expect([25, 16, 6, 5, 1].map(ranks)).toEqual([
    [8, 18],
    [4, 13],
    [1, 6],
    [1, 5],
    [1, 1],
  ])
  expect(medianInterval([3, 1, 2]).confidence).toBe(0.75)
  expect(medianInterval([])).toEqual({ median: 0, low: 0, high: 0, confidence: 0 })
})

test('one side of it, as the same tables have it', () => {
  const upper = (n: number): number => medianAtMost(Array.from({ length: n }, (_, i) => i + 1)).atMost
  expect([25, 16, 6, 5, 1].map(upper)).toEqual([18, 12, 6, 5, 1])
  expect(medianAtMost([3, 1, 2])).toEqual({ median: 2, atMost: 3, confidence: 0.875 })
})

test('it holds the median as often as it says, also of skewed samples', () => {
  const rng = new Rng(1)
  let held = 0
  for (let run = 0; run < 2000; run++) {
    const { low, high } = medianInterval(Array.from({ length: 25 }, () => -Math.log(1 - rng.float())))
    if (low <= Math.LN2 && Math.LN2 <= high) held++
  }
  expect(held / 2000).toBeGreaterThan(0.94)
})
