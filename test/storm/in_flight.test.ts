import { expect, test } from 'vitest'
import { Rng } from '#lockstorm/base/index'
import { WORK_CREATE, WORK_REMOVE, type Work } from '#lockstorm/mdev/index'
import { inFlight, mostAtOnce } from '#lockstorm/storm/workloads/mdev/in_flight'

const work = (startNs: number, endNs: number, parent = 0, operation = WORK_CREATE): Work => ({
  operation,
  parent,
  startNs,
  endNs,
})

/** The slow way: at each nanosecond, who is at work? */
function bruteForce(works: readonly Work[]): { max: number; mean: number } {
  const first = Math.min(...works.map((one) => one.startNs))
  const last = Math.max(...works.map((one) => one.endNs))
  let max = 0
  let sum = 0
  for (let t = first; t < last; t++) {
    const now = works.filter((one) => one.startNs <= t && t < one.endNs).length
    max = Math.max(max, now)
    sum += now
  }
  return { max, mean: sum / (last - first) }
}

test('the sweep agrees with looking at every moment', () => {
  const rng = new Rng(3)
  for (let i = 0; i < 200; i++) {
    const works = Array.from({ length: 1 + rng.below(20) }, () => {
      const start = rng.below(60)
      return work(start, start + 1 + rng.below(40), rng.below(3))
    })
    const { max, mean } = bruteForce(works)
    const found = inFlight(works)
    expect(found.max).toBe(max)
    expect(found.mean).toBeCloseTo(mean, 9)
    const perParent = [0, 1, 2]
      .map((p) => works.filter((one) => one.parent === p))
      .filter((w) => w.length > 0)
    expect(found.maxPerParent).toBe(Math.max(...perParent.map((w) => bruteForce(w).max)))
  }
})

test('work that begins when other work ends is not at the same time', () => {
  expect(mostAtOnce([work(0, 10), work(10, 20)])).toBe(1)
  expect(mostAtOnce([work(0, 11), work(10, 20)])).toBe(2)
})

test('removes do not count as creates', () => {
  expect(inFlight([work(0, 10), work(0, 10, 0, WORK_REMOVE)])).toEqual({ mean: 1, max: 1, maxPerParent: 1 })
  expect(inFlight([work(0, 10, 0, WORK_REMOVE)])).toEqual({ mean: 0, max: 0, maxPerParent: 0 })
})
