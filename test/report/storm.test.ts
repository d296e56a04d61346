import { expect, test } from 'vitest'
import { stormAnswer } from '#lockstorm/report/storm_answer'
import { stormTables } from '#lockstorm/report/storm_table'
import { render } from '#lockstorm/report/page'
import { duration, durations, wrapped } from '#lockstorm/report/text'
import { environment, spreadOf, type StormResult, type StormRun } from '#lockstorm/results/index'
import { DEFAULT_PLAN } from '#lockstorm/storm/index'

const latency = { p50: 1_200_000, p90: 2e6, p99: 6e6, max: 7e6, count: 10 }

function row(
  strategy: string,
  vendor: string,
  wall: number,
  changes: Partial<StormResult> = {},
): StormResult {
  return {
    strategy,
    vendor,
    cpus: 8,
    wallMs: spreadOf([wall, wall, wall, wall, wall, wall]),
    rounds: [0, 1, 2, 3, 4, 5],
    unsteady: null,
    opsPerSecond: 256_000 / wall,
    ratioToBaseline: 1,
    createNs: latency,
    removeNs: { ...latency, p50: 850, p99: 950 },
    inFlight: { mean: 0.9, max: strategy === 'global' ? 1 : 8, maxPerParent: 1 },
    ofFloor: { median: 0.97, low: 0.95, high: 0.98, confidence: 0.96 },
    efficiency: 0.5,
    duplicates: { attempted: 0, rejected: 0, warned: 0, admitted: 0 },
    errnos: {},
    invariants: { checked: 34, broken: [] },
    damage: { oopses: 0, leaked: 0, hung: 0 },
    ...changes,
  }
}

function run(results: readonly StormResult[], changes: Partial<StormRun['plan']> = {}): StormRun {
  return {
    schema: 'lockstorm/storm@2',
    plan: { ...DEFAULT_PLAN, ...changes },
    env: { ...environment(), node: '20.19.0', cores: 2, cpuModel: 'Test', date: '2026-01-01T00:00:00Z' },
    bootMs: 100,
    warmUps: [],
    results,
    verdict: 'ok',
  }
}

function tables(made: StormRun): string {
  return render(stormTables(made), { width: 200, colour: false })
}

const four = [
  row('global', 'none', 10),
  row('placeholder', 'none', 9),
  row('global', 'sleep:1ms', 280),
  row('placeholder', 'sleep:1ms', 35),
]

test('there is one table per vendor cost, with a row per strategy', async () => {
  const text = tables(run(four))
  expect(text.match(/^vendor /gm)).toHaveLength(2)
  expect(text).toContain('vendor sleep:1ms: 8 parents × 16 devices, 8 CPUs on 2 cores')
  const line = text.split('\n').find((one) => one.startsWith('placeholder') && one.includes('35.0')) ?? ''
  expect(line.split(/ {2,}/)).toEqual([
    'placeholder',
    '6',
    '35.0 ± 0',
    '7314',
    '1.00',
    '1.20 ms / 6.00 ms',
    '850 ns / 950 ns',
    '0.90',
    '8',
    '1',
    '0.97 (0.95–0.98)',
    '0.50',
    'n/a',
    '34 ok',
  ])
  expect(text).not.toContain('Broken invariants')
})

test('what broke is told with strategy and vendor, and damage has a column of its own', async () => {
  const broken = row('global', 'none', 10, {
    errnos: { ENODEV: 3, EEXIST: 1 },
    invariants: { checked: 34, broken: ['devices on mdev_list: 2, not 0'] },
    damage: { oopses: 1, leaked: 2, hung: 0 },
  })
  const text = tables(run([broken]))
  expect(text).toContain('oops/leak/hang')
  expect(text).toContain('1/2/0')
  expect(text).toContain('  global, vendor none: devices on mdev_list: 2, not 0')
  expect(text).toContain('  vendor none, 8 CPUs: ENODEV 3, EEXIST 1 (global)')
})

test('a sweep has a table of ratios with the coefficients of the scalability law', async () => {
  const results = [1, 8].flatMap((cpus) => [
    row('global', 'none', 100, { cpus }),
    row('srcu', 'none', 100 / cpus, { cpus }),
  ])
  const plan = { cpus: [1, 8], strategies: ['global', 'srcu'] }
  const fit = {
    strategy: 'srcu',
    vendor: 'none',
    sigma: 0.1,
    sigmaInterval: [0, 0.2],
    kappa: 0,
    kappaInterval: [0, 0],
  }
  const text = tables({ ...run(results, plan), sweep: [{ ...fit, lambda: 1 } as never] })
  expect(text).toContain('vendor none: wall time of global ÷ wall time of the strategy, by CPUs')
  expect(text).toMatch(/^srcu +1\.00 +8\.00 +0\.100 \(0\.000–0\.200\) +0\.000 \(0\.000–0\.000\)$/m)
})

test('the answer states the figures of the run', () => {
  const text = stormAnswer(run(four))
  expect(text).toContain("'global' took 280 ms against 35.0 ms for 'placeholder'")
  expect(text).toContain(
    '128 devices, 8.00 (8.00 to 8.00) times as long in the same round, with at most 1 create in flight against 8',
  )
  expect(text).toContain(
    'the factor was 1.11 (1.11 to 1.11) with vendor none, and even at its worst the price is 245 (245 to 245) ms',
  )
})

test('the answer says when there is no difference, and when it cannot tell', () => {
  expect(stormAnswer(run(four.slice(0, 2)))).toContain(
    'makes a difference to 128 devices here cannot be told',
  )
  expect(stormAnswer(run([row('srcu', 'none', 1)]))).toContain("Run 'global' beside 'placeholder'")
})

test('the answer claims nothing that lies within the spread, nor after rounds that are too few for an interval', () => {
  const spread = [12, 48, 30, 14, 40, 9]
  const wide = row('global', 'none', 30, { wallMs: spreadOf(spread) })
  expect(stormAnswer(run([wide, row('placeholder', 'none', 20)]))).toContain('here cannot be told: 22.0 ms')
  const few = (rounds: number): string =>
    stormAnswer(
      run(
        ['global', 'placeholder'].map((name, i) =>
          row(name, 'none', 30, {
            wallMs: spreadOf(Array.from({ length: rounds }, () => 300 / (9 * i + 1))),
            rounds: [0, 1, 2, 3, 4, 5].slice(0, rounds),
          }),
        ),
      ),
    )
  expect(few(1)).toContain('1 round cannot say')
  for (const rounds of [2, 5]) {
    expect(few(rounds)).toContain(`${rounds} rounds cannot say`)
    expect(few(rounds)).not.toMatch(/serialise them|factor|price|times as long/)
  }
  expect(few(6)).toContain('does serialise them')
})

test('rows are compared round by round: one busy round of both is no difference, one of every other is', () => {
  const walls = [10, 11, 100, 10, 12, 110, 10]
  const seven = { rounds: walls.map((_, i) => i) }
  const both = [
    row('global', 'none', 10, { ...seven, wallMs: spreadOf(walls.map((ms) => 1.5 * ms)) }),
    row('placeholder', 'none', 10, { ...seven, wallMs: spreadOf(walls) }),
  ]
  expect(stormAnswer(run(both))).toContain('1.50 (1.50 to 1.50) times as long')
})

test('lines are broken between words', () => {
  expect(wrapped('one two three', 7, 0)).toBe('one two\nthree')
  expect(wrapped('unbreakable x', 5, 0)).toBe('unbreakable\nx')
})

test('the answer names who let duplicates through', () => {
  const dup = { attempted: 10, rejected: 10, warned: 0, admitted: 0 }
  const pair = [row('global', 'none', 10, { duplicates: dup }), row('rwsem', 'none', 5, { duplicates: dup })]
  expect(stormAnswer(run(pair))).toContain('All 20 duplicates were refused before the bus saw them.')
  const alone = run([row('rwsem', 'none', 5, { duplicates: dup })], { duplicates: 0.2 })
  expect(stormAnswer(alone)).toContain('All 10 duplicates were refused before the bus saw them.')
  const warner = row('per-parent', 'none', 5, { duplicates: { ...dup, rejected: 6, warned: 4 } })
  expect(stormAnswer(run([...pair, warner]))).toContain('per-parent let 4 of 10 through')
})

test('times carry a unit that fits', () => {
  expect([850, 32_100, 1_250_000, 2.5e9].map(duration)).toEqual(['850 ns', '32.1 µs', '1.25 ms', '2.50 s'])
  expect(durations(850, 6_100_000)).toBe('850 ns / 6.10 ms')
})

test('rows that are not steady: how to come before other work, where that may be had and was not', () => {
  const cold = [row('global', 'none', 10, { unsteady: 'rounds became 20 % slower' })]
  const ranked = (realTime: number, mayRise: boolean): string => {
    const made = run(cold)
    const policy = realTime > 0 ? 'rr' : 'other'
    return tables({ ...made, env: { ...made.env, priority: { policy, nice: 0, realTime, mayRise } } })
  }
  expect(ranked(0, true)).toContain('chrt -r 10 npx lockstorm storm')
  expect(ranked(0, false)).toContain('nice -n -10')
  expect(ranked(0, false)).not.toContain('chrt')
  expect(ranked(10, true)).not.toMatch(/chrt|nice -n/)
  expect(ranked(10, true)).toContain('real-time (rr 10)')
  const old = run(cold)
  expect(tables({ ...old, env: { ...old.env, priority: null } })).toContain('nice -n -10')
  const short = tables(run([row('global', 'none', 10, { unsteady: '5 warm-up rounds are too few to tell' })]))
  expect(short).toContain('without --warmup')
  expect(short).not.toMatch(/chrt|nice -n/)
})
