import { describe, expect, test } from 'vitest'
import { byLabels, deals, holm } from '#lockstorm/compare/family'
import { normalTail, rankTest } from '#lockstorm/compare/rank'
import { varianceInflation } from '#lockstorm/compare/dependence'
import { Rng } from '#lockstorm/base/index'

describe('the rank test', () => {
  test('has the values of tables where the samples do not overlap', () => {
    expect(rankTest([1, 2, 3, 4], [5, 6, 7, 8])).toBeCloseTo(2 / 70, 12)
    expect(rankTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(2 / 252, 12)
    expect(rankTest([9, 10, 11], [1, 2, 3])).toBeCloseTo(2 / 20, 12)
  })

  test('counts ties exactly, and finds nothing in equal samples', () => {
    // 0 0 1 | 1 2 2: of 20 choices of three, 2 lie as far on one side as these, and as many on the other.
    expect(rankTest([0, 0, 1], [1, 2, 2])).toBeCloseTo(4 / 20, 12)
    expect(rankTest([1, 1, 1], [1, 1, 1])).toBe(1)
    expect(rankTest([], [1])).toBe(1)
  })

  test('of many values it is near what counting gives', () => {
    const few = rankTest([1, 3, 5, 7, 9, 12], [2, 4, 8, 10, 11, 13])
    const normal = rankTest([1, 3, 5, 7, 9, 12], [2, 4, 8, 10, 11, 13], 1.000_001)
    expect(Math.abs(few - normal)).toBeLessThan(0.02)
    const [a, b] = [0, 60].map((shift) => Array.from({ length: 100 }, (_, i) => i + shift)) as [
      number[],
      number[],
    ]
    expect(rankTest(a, b)).toBeLessThan(1e-6)
  })

  test('says less of values that hang together', () => {
    const [a, b] = [0, 6].map((shift) => Array.from({ length: 25 }, (_, i) => i + shift)) as [
      number[],
      number[],
    ]
    expect(rankTest(a, b, 9)).toBeGreaterThan(rankTest(a, b) * 3)
  })

  test('normal tails', () => {
    expect(normalTail(0)).toBeCloseTo(1, 6)
    expect(normalTail(1.959_964)).toBeCloseTo(0.05, 6)
    expect(normalTail(-3.290_527)).toBeCloseTo(0.001, 6)
  })
})

describe('families', () => {
  test("Holm's steps, as in his paper: the smallest against all, and none below one before it", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual(
      [0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)),
    )
    expect(holm([0.9, 0.9])).toEqual([1, 1])
    expect(holm([])).toEqual([])
  })

  test('every way to deal runs to sides, once', () => {
    const all = deals(6, 6)
    expect(all.length).toBe(924)
    expect(new Set(all.map(String)).size).toBe(924)
    expect(all[0]).toEqual([0, 1, 2, 3, 4, 5])
    expect(deals(12, 12).length).toBe(20_000)
  })

  test('a clear change is found among any number of cells, and no other with it', () => {
    const rng = new Rng(3)
    const noise = (): number[] => Array.from({ length: 12 }, () => rng.float())
    const cells = Array.from({ length: 30 }, noise)
    cells[7] = noise().map((value, run) => (run < 6 ? value : value + 9))
    const found = byLabels(cells, 6)
    expect(found[7]?.adjusted).toBeCloseTo(2 / 924, 12)
    expect(found.filter(({ adjusted }) => adjusted <= 0.05).length).toBe(1)
    // Holm could not: 2/924 is the least p there is, and 30 times that is no longer small.
    expect(holm(found.map(({ p }) => p))[7]).toBeGreaterThan(0.05)
  })

  test('cells that move together count as one', () => {
    const one = [5, 1, 4, 2, 3, 9, 6, 10, 8, 7]
    const [alone] = byLabels([one], 5)
    const many = byLabels([one, one, one], 5)
    expect(many.map(({ adjusted }) => adjusted)).toEqual([alone?.p, alone?.p, alone?.p])
  })
})

test('rounds that drift or come in moods tell less than as many independent ones', () => {
  const rng = new Rng(5)
  const independent = Array.from({ length: 40 }, () => Array.from({ length: 25 }, () => rng.float()))
  const drifting = independent.map((run) => run.map((value, i) => value + i / 5))
  const moods = independent.map((run) => run.map((value, i) => value + 3 * (Math.floor(i / 5) % 2)))
  const mean = (all: number[][]): number =>
    all.reduce((sum, run) => sum + varianceInflation([run]), 0) / all.length
  expect(mean(independent)).toBeLessThan(1.8)
  expect(mean(drifting)).toBeGreaterThan(4)
  expect(mean(moods)).toBeGreaterThan(2)
  expect(varianceInflation([[1, 1, 1, 1, 1, 1]])).toBeLessThan(3)
})
