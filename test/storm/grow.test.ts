/** Growth: devices come until very many are there, and go with their parents. */
import { expect, test, vi } from 'vitest'
import { growthMemory, growthTables } from '#lockstorm/report/growth_table'
import { render } from '#lockstorm/report/page'
import { medianInterval, spreadOf, type GrowthResult, type GrowthRun } from '#lockstorm/results/index'
import {
  GROWTH_PLAN,
  growthArenaBytes,
  growthBytes,
  pointsUpTo,
  runGrowth,
  sameCost,
  whyGrowthTooBig,
} from '#lockstorm/storm/index'
import { Row } from '#lockstorm/storm/workloads/grow/row'
import { validator } from '../setup/schema.ts'

vi.setConfig({ testTimeout: 120_000 })

const small = {
  ...GROWTH_PLAN,
  parents: 2,
  devices: 150,
  probes: 5,
  cpus: 2,
  strategies: ['global', 'placeholder', 'sharded'],
  vendors: [sameCost('none')],
  points: pointsUpTo(300),
}

test('points are powers of two up to all devices', () => {
  expect(pointsUpTo(1000)).toEqual([128, 256, 512, 1000])
  expect(pointsUpTo(128)).toEqual([128])
  expect(pointsUpTo(5)).toEqual([5])
})

test('a machine grows, is measured at each point, and ends whole and empty', async () => {
  const run = await runGrowth(small)
  expect(run.verdict).toBe('ok')
  expect(validator('growth-1.schema.json')(run)).toEqual([])
  expect(run.results.map(({ strategy }) => strategy)).toEqual(small.strategies)
  for (const { points, unregistrations, bursts, invariants, usedBytes } of run.results) {
    expect(points.map(({ devices }) => devices)).toEqual([128, 256, 300])
    expect(points.every(({ controlNs }) => (controlNs?.median ?? 0) > 0)).toBe(true)
    expect(unregistrations.map(({ children, ms }) => [children, ms.samples.length])).toEqual([
      [16, 6],
      [128, 6],
      [150, 2],
    ])
    expect(bursts.map(({ devices, wallMs }) => [devices, wallMs.samples.length])).toEqual([[128, 9]])
    expect(invariants).toMatchObject({ checked: 34, broken: [] })
    expect(usedBytes).toBeLessThan(growthArenaBytes(small))
  }
})

test('what the computer does to a round is not taken for growth', async () => {
  const row = new Row({ ...small, points: [128, 300] }, 'sharded')
  const machine = (ns: number): never =>
    ({ view: new Int32Array(64), command: async () => [Array.from({ length: 9 }, () => ns), [ns]] }) as never
  await row.probe(machine(1000), 1000)
  await row.growTo(machine(0), 300).catch(() => {})
  // Everything takes twice as long by now; and a create by half as long again.
  await row.probe(machine(3000), 2000)
  const { ratio, slope, points } = row.result()
  expect(
    points.map(({ devices, createNs, controlNs }) => [devices, createNs.median, controlNs?.median]),
  ).toEqual([
    [0, 1000, 1000],
    [300, 3000, 2000],
  ])
  expect(ratio).toMatchObject({ median: 1.5, low: 1.5, high: 1.5 })
  expect(slope?.nsPerDevice).toBeCloseTo((0.5 * 1500) / 300, 6)
})

test('memory is stated, and refused where there is not so much', () => {
  const huge = { ...small, parents: 8, devices: 12_500 }
  const text = growthMemory(huge, growthArenaBytes(huge), growthBytes(huge))
  expect(text).toMatch(
    /^Growing to 100,000 devices takes up to \d+ MB of memory: 3 arenas of \d+ MB, one of a machine that does not grow, and 2 workers\.$/,
  )
  const absurd = { ...huge, strategies: Array.from({ length: 1e6 }, (_, i) => String(i)) }
  expect(whyGrowthTooBig(absurd)).toMatch(/need \d+ MB of memory, and \d+ MB are free$/)
  expect(whyGrowthTooBig(small)).toBeUndefined()
})

function grown(strategy: string, ns: readonly number[], burstMs: number): GrowthResult {
  const points = ns.map((one, i) => ({
    devices: [128, 100_128][i] as number,
    createNs: medianInterval([one, one, one]),
    removeNs: medianInterval([one]),
  }))
  const [first = 0, last = 0] = ns
  const nsPerDevice = (last - first) / 100_000
  return {
    strategy,
    points,
    slope: { nsPerDevice, low: nsPerDevice, high: nsPerDevice },
    ratio: { median: last / first, low: 1, high: 2, confidence: 0.9 },
    unregistrations: [],
    bursts: [{ vendor: 'none', devices: 100, cpus: 8, wallMs: spreadOf([burstMs, burstMs]) }],
    invariants: { checked: 1, broken: [] },
    usedBytes: 1 << 20,
  }
}

test('the text says from how many devices on the list costs more than the lock, or why it cannot', async () => {
  const { env } = await runGrowth({ ...small, strategies: ['sharded'], devices: 1, points: [2] })
  const text = (held: number, list: number): string => {
    const results = [grown('global', [5000, 5000], held), grown('placeholder', [5000, list], 2)]
    const run: GrowthRun = { schema: 'lockstorm/growth@1', plan: small, env, results, verdict: 'ok' }
    return render(growthTables(run), { width: 400, colour: false })
  }
  // 1 ms for 100 devices is 10 µs each; 2 ns for each of those that are there.
  expect(text(3, 205_000)).toContain('the list costs more than that from between 5,000 and 5,000 devices on')
  expect(text(2, 205_000)).toContain('no price of the lock can be told from chance')
  expect(text(3, 5000)).toContain("a slope of the list of 'placeholder' cannot be told from none")
})
