/**
 * Controls whose truth is known: equal runs are to be called equal, slower ones slower. Noise is made, of every kind that hurts,
 * and recorded.
 */
import { describe, expect, test } from 'vitest'
import { Rng } from '#lockstorm/base/index'
import { compare, judge, type JudgedCell, type Run } from '#lockstorm/compare/index'
import { byLabels } from '#lockstorm/compare/family'
import { RECORDED, recordedRun } from './recorded.ts'

const OPTIONS = { alpha: 0.05, least: 0.05 }
const ROUNDS = 25
const rng = new Rng(11)

function gauss(): number {
  return Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float())
}

/** Logarithms of ratios of one run, round by round. */
type Noise = () => number[]

const rounds = (value: (i: number) => number): number[] => Array.from({ length: ROUNDS }, (_, i) => value(i))

/** What may be wrong with a machine. */
const NOISES: Readonly<Record<string, Noise>> = {
  plain: () => rounds(() => 0.03 * gauss()),
  'luck of a process': () => {
    const luck = 0.02 * gauss()
    return rounds(() => luck + 0.03 * gauss())
  },
  drift: () => {
    const slope = 0.15 * gauss()
    return rounds((i) => slope * (i / ROUNDS - 0.5) + 0.03 * gauss())
  },
  'rounds that hang together': () => {
    let now = 0.08 * gauss()
    return rounds(() => (now = 0.8 * now + 0.048 * gauss()))
  },
  'two moods': () => rounds(() => (rng.float() < 0.5 ? 0 : 0.3) + 0.02 * gauss()),
  'moods that last': () => {
    let mood = rng.float() < 0.5
    return rounds(() => {
      if (rng.float() < 0.1) mood = !mood
      return (mood ? 0.2 : 0) + 0.02 * gauss()
    })
  },
  outliers: () => rounds(() => 0.03 * gauss() + (rng.float() < 0.1 ? 2 * rng.float() : 0)),
}

const CELLS = ['placeholder', 'rwsem', 'srcu', 'modern']

/** A run of all cells; the machine does to the baseline what it does to them. */
function made(noise: Noise, slower: Readonly<Record<string, number>> = {}): Run {
  const series = CELLS.map((name) => {
    const base = rounds(() => 10 * Math.exp(0.3 * gauss()))
    const ratios = noise()
    const values = base.map((ms, i) => ms * Math.exp(ratios[i] as number) * (slower[name] ?? 1))
    return { cell: ['vendor none', name], unit: 'ms' as const, values, against: 'global', base }
  })
  const env = recordedRun(0).env
  return { file: '', schema: 'a storm', env, plan: {}, series, said: [], notes: [], baselines: [] }
}

const many = (count: number, noise: Noise, slower?: Readonly<Record<string, number>>): Run[] =>
  Array.from({ length: count }, () => made(noise, slower))

const verdictOf = (cells: readonly JudgedCell[], name: string): string | undefined =>
  cells.find(({ cell }) => cell.at(-1) === name)?.verdict

/** Share of so many comparisons of which something holds. */
function share(times: number, holds: () => boolean): number {
  let held = 0
  for (let i = 0; i < times; i++) if (holds()) held++
  return held / times
}

describe.each(Object.entries(NOISES))('%s', (name, noise) => {
  const alarms = (runs: number): boolean =>
    judge(many(runs, noise), many(runs, noise), OPTIONS).cells.some(({ verdict }) => verdict === 'slower')

  test('equal runs are called slower in at most one comparison of twenty', () => {
    // So few comparisons scatter: of 40 with a chance of 5 %, more than 6 come up once in 300 times.
    expect(share(40, () => alarms(1))).toBeLessThanOrEqual(6 / 40)
    expect(share(12, () => alarms(6))).toBeLessThanOrEqual(3 / 12)
  })

  test('one of four strategies that is a quarter slower is found, six runs against six', () => {
    const find = (): boolean =>
      verdictOf(judge(many(6, noise), many(6, noise, { srcu: 1.25 }), OPTIONS).cells, 'srcu') === 'slower'
    // Moods that last for half a run hide it from anybody who looks at six.
    expect(share(10, find)).toBeGreaterThanOrEqual(name.includes('last') ? 0.5 : 0.8)
  })

  test('one that is 4 % slower is never called faster', () => {
    const wrong = (runs: number): boolean =>
      verdictOf(judge(many(runs, noise), many(runs, noise, { srcu: 1.04 }), OPTIONS).cells, 'srcu') ===
      'faster'
    // Of rounds in moods that last, one run has a handful.
    expect(share(15, () => wrong(1))).toBeLessThanOrEqual(name.includes('last') ? 1 / 15 : 0)
    expect(share(5, () => wrong(6))).toBe(0)
  })
})

describe('runs that were not steady', () => {
  const noise = NOISES.plain as Noise
  /** The first so many say of srcu what is wrong by a factor of ten, and that it was not steady. */
  const cold = (count: number, runs: readonly Run[]): Run[] =>
    runs.map((run, i) => ({
      ...run,
      series: run.series.map((one) =>
        i < count && one.cell.at(-1) === 'srcu'
          ? { ...one, values: one.values.map((ms) => 10 * ms), unfit: 'srcu was not steady' }
          : one,
      ),
    }))
  const judged = (count: number, slower?: Readonly<Record<string, number>>): ReturnType<typeof judge> =>
    judge(cold(count, many(6, noise)), many(6, noise, slower), OPTIONS)

  test('are left out where enough others are there', () => {
    const found = judged(2, { srcu: 1.25 })
    expect(found.unjudged).toEqual([])
    expect(found.cells.map(({ runs }) => runs)).toEqual([
      [6, 6],
      [6, 6],
      [4, 6],
      [6, 6],
    ])
    expect(verdictOf(found.cells, 'srcu')).toBe('slower')
    expect(share(20, () => judged(2).cells.some(({ verdict }) => verdict === 'slower'))).toBeLessThanOrEqual(
      0.2,
    )
  })

  test('leave a row unjudged where they are too many, or where every run is needed', () => {
    const [row] = judged(3).unjudged
    expect(row?.cell.at(-1)).toBe('srcu')
    expect(row?.why).toBe('3 of 6 runs are left, fewer than 4: srcu was not steady')
    const alone = judge(cold(1, many(1, noise)), many(1, noise), OPTIONS)
    expect(alone.unjudged.map(({ why }) => why)).toEqual(['srcu was not steady'])
  })

  test('of a machine that was lent to others are judged only with others', () => {
    const lent = (runs: readonly Run[]): Run[] =>
      runs.map((run) => ({ ...run, env: { ...run.env, steal: 0.1 } }))
    const [row] = judge(lent(many(1, noise)), many(1, noise), OPTIONS).unjudged
    expect(row?.why).toMatch(/^the hypervisor took 10 % of the time/)
    expect(judge(lent(many(6, noise)), many(6, noise), OPTIONS).unjudged).toEqual([])
  })

  test('the chance of a difference is that of the runs that are there', () => {
    const missing = [Number.NaN, 1, 2, 3, 4, Number.NaN, 7, 8, 9, 10]
    const [all, left] = [byLabels([[1, 2, 3, 4, 7, 8, 9, 10]], 4), byLabels([missing], 5)]
    expect(all[0]?.p).toBeCloseTo(2 / 70, 12)
    // Of 252 deals, those that put the four lower ones on one side: which side each missing one is on makes no difference.
    expect(left[0]?.p).toBeCloseTo(4 / 252, 12)
  })
})

describe('sixteen recorded runs', () => {
  const all = Array.from({ length: RECORDED }, (_, run) => recordedRun(run))

  test('one against one: at most 5 % of all pairs end with exit code 1', () => {
    let [pairs, found] = [0, 0]
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) {
        pairs++
        if (compare([a], [b], OPTIONS).finding) found++
      }
    }
    expect(pairs).toBe(120)
    expect(found / pairs).toBeLessThanOrEqual(0.05)
  })

  test('six against six: a quarter slower is found, 4 % is not called faster', () => {
    let [found, wrong, alarms] = [0, 0, 0]
    const times = 15
    for (let i = 0; i < times; i++) {
      const order = rng.shuffle([...all.keys()])
      const was = order.slice(0, 6).map((run) => all[run] as Run)
      const side = (factor: number): Run[] =>
        order
          .slice(6, 12)
          .map((run) => recordedRun(run, (strategy, ms) => (strategy === 'srcu' ? ms * factor : ms)))
      if (compare(was, side(1), OPTIONS).finding) alarms++
      const slow = compare(was, side(1.25), OPTIONS).cells.filter(({ cell }) => cell.includes('srcu'))
      if (slow.some(({ verdict }) => verdict === 'slower')) found++
      const little = compare(was, side(1.04), OPTIONS).cells.filter(({ cell }) => cell.includes('srcu'))
      if (little.some(({ verdict }) => verdict === 'faster')) wrong++
    }
    expect(found / times).toBeGreaterThanOrEqual(0.8)
    expect(wrong).toBe(0)
    expect(alarms / times).toBeLessThanOrEqual(2 / 15)
  })
})
