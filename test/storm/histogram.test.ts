import { expect, test } from 'vitest'
import { Rng } from '#lockstorm/base/index'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bucketMiddle, bucketOf, BUCKETS } from '#lockstorm/results/histogram'
import { HISTOGRAM_WORDS, record, Tally } from '#lockstorm/storm/histogram'

test('the middle of a bucket is within 1.6 % of every value in it, up to hours', () => {
  const rng = new Rng(1)
  for (let i = 0; i < 50_000; i++) {
    const value = Math.floor(2 ** (rng.float() * 43.9))
    const middle = bucketMiddle(bucketOf(value))
    expect(Math.abs(middle - value) / value).toBeLessThanOrEqual(value < 32 ? 0 : 0.016)
  }
})

test('buckets are in order and none is left out', () => {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    expect(bucketOf(Math.floor(bucketMiddle(bucket)))).toBe(bucket)
  }
})

test('what is too large or negative goes into the outermost buckets', () => {
  expect(bucketOf(2 ** 50)).toBe(BUCKETS - 1)
  expect(bucketOf(-5)).toBe(0)
})

test('quantiles agree with those of the sorted values', () => {
  createArena(1 << 20, 1)
  const histogram = alloc_boot(HISTOGRAM_WORDS)
  const rng = new Rng(2)
  const values = Array.from({ length: 10_000 }, () => Math.floor(rng.exponential(1_000_000)) + 1)
  for (const value of values) record(histogram, value)
  const tally = new Tally()
  tally.take(histogram)
  const sorted = values.toSorted((a, b) => a - b)
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] as number
    expect(Math.abs(tally.quantile(share) - exact) / exact).toBeLessThan(0.017)
  }
  expect(tally.max).toBe(sorted.at(-1))
  expect(tally.count).toBe(10_000)
})

test('taking a histogram clears it, and several taken together are one', () => {
  createArena(1 << 20, 1)
  const [a, b] = [alloc_boot(HISTOGRAM_WORDS), alloc_boot(HISTOGRAM_WORDS)]
  const tally = new Tally()
  record(a, 100)
  record(b, 2 ** 40)
  tally.take(a)
  tally.take(a)
  tally.take(b)
  expect(tally.latency().count).toBe(2)
  expect(tally.max).toBe(2 ** 40)
})

test('a histogram of nothing has zeros', () => {
  expect(new Tally().latency()).toEqual({ p50: 0, p90: 0, p99: 0, max: 0, count: 0, buckets: [] })
})
