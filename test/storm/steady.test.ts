/** When a machine counts as warm, and when measured rounds drift. */
import { expect, test } from 'vitest'
import { driftOf, whyCold, whyDrifting } from '#lockstorm/storm/steady'
import { WarmUps } from '#lockstorm/storm/workloads/mdev/warm_up'
import { DEFAULT_PLAN, runStorm, sameCost } from '#lockstorm/storm/index'
import { Rng } from '#lockstorm/base/rng'
import { stormTables } from '#lockstorm/report/storm_table'
import { render } from '#lockstorm/report/page'
import recorded from './rounds.json' with { type: 'json' }

/** In the manner of a computer: a usual time, now and then much more, never less. */
function noisy(seed: number, n: number, usual: (i: number) => number): number[] {
  const rng = new Rng(seed)
  return Array.from({ length: n }, (_, i) => {
    const late = rng.float() < 0.2 ? 1 + 3 * rng.float() : 1
    return usual(i) * late * (1 + 0.1 * rng.float())
  })
}

const cold = (cpuMs: readonly number[]): boolean => whyCold(cpuMs, 10 * cpuMs.length) !== null

test('recorded warm-ups of a busy computer: cold ones are not warm, later ones are', () => {
  for (const { what, cpuMs, warm } of recorded.warmUps) {
    expect([what, !cold(cpuMs)]).toEqual([what, warm])
  }
})

test('recorded rounds: steady ones do not drift, drifting ones do', () => {
  for (const { what, samples, drifts } of recorded.rounds) {
    expect([what, whyDrifting(samples) !== null]).toEqual([what, drifts])
  }
})

test('however short the time is, no machine is measured cold beside one that had its turn', () => {
  const warm = new WarmUps(['a', 'b'], { ...DEFAULT_PLAN, cpus: [128] }, 128, 0)
  for (const name of ['a', 'b']) {
    const rounds = warm.next(name, 0)
    expect(rounds).toBeGreaterThan(0)
    // Of a block of many rounds one turn is a part: the time that there is goes round.
    expect(rounds).toBeLessThanOrEqual(10)
    warm.made(name, rounds, 5, 5)
  }
  expect(['a', 'b'].map((name) => warm.next(name, 1))).toEqual([0, 0])
  expect(warm.whyCold('b')).toBe('10 warm-up rounds are too few to tell')
})

test('fewer than seven blocks tell nothing, however equal they are', () => {
  expect(whyCold([], 0)).toBe('0 warm-up rounds are too few to tell')
  expect(whyCold([5, 5, 5, 5, 5, 5], 60)).toBe('60 warm-up rounds are too few to tell')
  expect(whyCold([5, 5, 5, 5, 5, 5, 5], 70)).toBeNull()
  expect(whyCold([9, 9, 9, 9, 6, 9, 9], 70)).toBe(
    'after 70 warm-up rounds they still needed 33 % less CPU time from block to block',
  )
})

test('one dear block is noise, a cheaper one is not; what a tick of the clock explains is none', () => {
  expect(cold([9, 9, 9, 9, 9, 30, 9])).toBe(false)
  expect(cold([30, 9, 30, 9, 9, 9, 30])).toBe(false)
  expect(cold([9, 9, 9, 9, 9, 9, 7])).toBe(true)
  expect(cold([1, 1, 1, 1, 0.2, 0.2, 0.2])).toBe(false)
})

test('of a hundred steady series few are called cold or drifting, of falling ones most', () => {
  const seeds = Array.from({ length: 100 }, (_, i) => i + 1)
  const called = (usual: (i: number) => number): { cold: number; drifting: number } => ({
    cold: seeds.filter((seed) => cold(noisy(seed, 9, (i) => usual(5 * i)))).length,
    drifting: seeds.filter((seed) => whyDrifting(noisy(seed, 25, usual)) !== null).length,
  })
  const steady = called(() => 10)
  expect(steady.cold).toBeLessThanOrEqual(5)
  expect(steady.drifting).toBeLessThanOrEqual(3)
  const falling = called((i) => 20 * Math.exp(-i / 20))
  expect(falling.cold).toBeGreaterThanOrEqual(95)
  expect(falling.drifting).toBeGreaterThanOrEqual(85)
  // A step, as of an optimised function that takes the place of a slow one.
  expect(called((i) => (i < 30 ? 20 : 10)).cold).toBeGreaterThanOrEqual(95)
})

test('a drift has a direction; a small one is none', () => {
  const line = (to: number): number[] => Array.from({ length: 25 }, (_, i) => 10 + ((to - 10) * i) / 24)
  expect(driftOf(line(15))).toBeCloseTo(0.4, 5)
  expect(whyDrifting(line(15))).toBe('rounds became 40 % slower')
  expect(whyDrifting(line(5))).toBe('rounds became 67 % faster')
  expect(driftOf(line(10.5))).toBe(0)
  expect(driftOf([3, 2, 1])).toBe(0)
})

test('a storm with few warm-up rounds is marked, one that has none too', async () => {
  const small = { parents: 2, devices: 2, cpus: [2], vendors: [sameCost('none')], rounds: 2 }
  const run = await runStorm({ ...DEFAULT_PLAN, ...small, strategies: ['global'], warmup: 5 })
  expect(run.warmUps.map(({ rounds, steady }) => [rounds, steady])).toEqual([
    [5, false],
    [5, false],
  ])
  expect(run.results[0]?.unsteady).toBe('5 warm-up rounds are too few to tell')
  const text = render(stormTables(run), { width: 200, colour: false })
  expect(text).toMatch(/^global ! +2 /m)
  expect(text).toContain('! These rows were not steady')
  const none = await runStorm({ ...DEFAULT_PLAN, ...small, strategies: ['global'], warmup: 0 })
  expect(none.results[0]?.unsteady).toBe('no warm-up')
})
