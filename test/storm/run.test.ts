import { describe, expect, test } from 'vitest'
import { strategyNamed } from '#lockstorm/mdev/index'
import type { StormPlan, StormRun } from '#lockstorm/results/index'
import { DEFAULT_PLAN, runStorm, sameCost, type MdevOptions } from '#lockstorm/storm/index'

function storm(changes: Partial<StormPlan>, options: MdevOptions = {}): Promise<StormRun> {
  const plan = {
    ...DEFAULT_PLAN,
    parents: 2,
    devices: 4,
    cpus: [3],
    vendors: [sameCost('none')],
    rounds: 3,
    warmup: 2,
    ...changes,
  }
  return runStorm(plan, options)
}

/** Rows of strategies: the control has no invariants. */
const judged = (run: StormRun): StormRun['results'] =>
  run.results.filter(({ strategy }) => strategy !== 'floor')

const row = (run: StormRun, strategy: string): StormRun['results'][number] => {
  const found = run.results.find((one) => one.strategy === strategy)
  if (found === undefined) throw new Error(`no row for ${strategy}`)
  return found
}

describe('the harness, on a workload that is known', () => {
  const stub = { kernel: 'stub' }

  test('finds one create in flight, every operation done, and nothing left', async () => {
    const run = await storm({ strategies: ['global'], vendors: [sameCost('sleep:100us')] }, stub)
    const result = row(run, 'global')
    expect(run.verdict).toBe('ok')
    expect(result.inFlight).toMatchObject({ max: 1, maxPerParent: 1 })
    expect(result.createNs.count).toBe(3 * 8)
    expect(result.removeNs.count).toBe(3 * 8)
    expect(result.wallMs.samples).toHaveLength(3)
    expect(result.errnos).toEqual({})
    expect(result.invariants.broken).toEqual([])
    expect(result.createNs.p50).toBeGreaterThan(100_000)
    expect(result.efficiency).toBeLessThan(0.5)
  })

  test('counts duplicates: all refused, and none of the originals missing', async () => {
    const run = await storm({ strategies: ['global'], duplicates: 1 }, stub)
    const { duplicates, errnos, createNs } = row(run, 'global')
    expect(duplicates).toEqual({ attempted: 24, rejected: 24, warned: 0, admitted: 0 })
    expect(errnos).toEqual({ EEXIST: 24 })
    expect(createNs.count).toBe(24)
  })

  test('interleaves: the strategies take turns round by round', async () => {
    const turns: string[] = []
    await storm(
      { strategies: ['global', 'srcu'], rounds: 2, warmup: 0, vendors: ['none', 'busy:5us'].map(sameCost) },
      { ...stub, progress: ({ round, lane, label }) => turns.push(`${round} ${label} ${lane}`) },
    )
    const once = ['none', 'busy:5us'].flatMap((cost) =>
      ['global', 'srcu', 'floor'].map((one) => `${cost} ${one}`),
    )
    expect(turns.slice(1)).toEqual([0, 1].flatMap((round) => once.map((turn) => `${round} ${turn}`)))
  })

  test('stops before it has warmed up, too', async () => {
    const phases: string[] = []
    const run = await storm(
      { strategies: ['global', 'placeholder'] },
      { ...stub, stop: () => true, progress: ({ phase }) => phases.push(phase) },
    )
    expect(phases).toEqual(['boot'])
    expect(run).toMatchObject({ verdict: 'ok', results: [] })
  })

  test('stops between rounds when asked', async () => {
    let rounds = 0
    const progress: MdevOptions['progress'] = ({ phase }) => (rounds += phase === 'round' ? 1 : 0)
    const run = await storm(
      { strategies: ['global'], rounds: 50 },
      { ...stub, progress, stop: () => rounds >= 4 },
    )
    expect(row(run, 'global').wallMs.samples).toHaveLength(2)
    expect(run.verdict).toBe('ok')
  })

  test('fits the scalability law to a sweep as far as there are cores, one row per number of CPUs', async () => {
    const run = await storm({ strategies: ['global'], cpus: [1, 2, 4] }, stub)
    expect(run.results.map((one) => one.cpus)).toEqual([1, 1, 2, 2, 4, 4])
    // Three numbers of CPUs up to the cores, or no fit.
    expect((run.sweep ?? []).length > 0).toBe(run.env.cores >= 4)
    for (const { sigma } of run.sweep ?? []) expect(sigma).toBeGreaterThanOrEqual(0)
  })
})

describe('a storm on the real kernel', () => {
  test('leaves every kernel whole', async () => {
    const run = await storm({ affinity: 'spread', strategies: ['global', 'rwsem', 'sharded'] })
    expect(run.verdict).toBe('ok')
    expect(run.results).toHaveLength(4)
    for (const { createNs, removeNs, errnos, invariants } of judged(run)) {
      expect({ created: createNs.count, removed: removeNs.count, errnos }).toEqual({
        created: 24,
        removed: 24,
        errnos: {},
      })
      expect(invariants.checked).toBeGreaterThan(0)
      expect(invariants.broken).toEqual([])
    }
    expect(row(run, 'global').ratioToBaseline).toBe(1)
  })

  test('has a floor: the same operations with no kernel between, round by round', async () => {
    const vendors = [sameCost('sleep:2ms')]
    const run = await storm({ strategies: ['global'], vendors, rounds: 6, duplicates: 0.5, hotplug: 0.1 })
    const floor = row(run, 'floor')
    expect(floor).toMatchObject({
      ofFloor: { median: 1, low: 1, high: 1 },
      duplicates: { warned: 0, admitted: 0 },
      invariants: { checked: 0, broken: [] },
      damage: { oopses: 0, leaked: 0, hung: 0 },
    })
    expect(floor.createNs.count).toBeGreaterThan(0)
    expect(floor.wallMs.samples).toHaveLength(6)
    // The control of the control: what serialises is far from it. The interval is that of six rounds.
    const { median, low, high, confidence } = row(run, 'global').ofFloor ?? {
      median: 1,
      low: 1,
      high: 1,
      confidence: 1,
    }
    expect(median).toBeLessThan(0.9)
    expect([low <= median, median <= high]).toEqual([true, true])
    expect(confidence).toBe(1 - 2 ** -5)
  })

  test('with sleeping vendors shows what each lock serialises', async () => {
    const strategies = ['per-parent', 'global', 'placeholder', 'srcu']
    const vendors = [sameCost('sleep:2ms')]
    const most = { 'per-parent': 0, placeholder: 0, srcu: 0 }
    // On a busy computer creates that may overlap need not.
    for (let tries = 0; tries < 20 && Math.min(...Object.values(most)) < 2; tries++) {
      const run = await storm({ strategies, vendors, affinity: 'spread', rounds: 2, parents: 2, devices: 8 })
      expect(row(run, 'global').inFlight).toMatchObject({ max: 1, maxPerParent: 1 })
      const { max, maxPerParent } = row(run, 'per-parent').inFlight
      expect([max <= 2, maxPerParent]).toEqual([true, 1])
      most['per-parent'] = Math.max(most['per-parent'], max)
      for (const name of ['placeholder', 'srcu'] as const)
        most[name] = Math.max(most[name], row(run, name).inFlight.maxPerParent)
    }
    expect(Math.min(...Object.values(most))).toBeGreaterThan(1)
  })

  test('with duplicates: per-parent lets those across parents reach the bus and warns, the others refuse them before', async () => {
    const strategies = ['per-parent', 'global', 'placeholder', 'modern']
    const run = await storm({ duplicates: 1, devices: 8, strategies })
    expect(run.verdict).toBe('ok')
    for (const { strategy, duplicates, errnos, invariants } of judged(run)) {
      expect({ strategy, errnos }).toEqual({ strategy, errnos: { EEXIST: 48 } })
      expect(duplicates.attempted).toBe(48)
      expect(duplicates.rejected + duplicates.warned).toBe(48)
      expect(duplicates.admitted).toBe(0)
      expect(duplicates.warned > 0).toBe(!strategyNamed(strategy)?.namespace.seesAllParents)
      expect(invariants.broken).toEqual([])
    }
  })

  test('of the mtty driver, as a churn, without the second-order locks', async () => {
    const run = await storm({ driver: 'mtty', phase: 'churn', secondOrder: false, strategies: ['modern'] })
    expect(run.verdict).toBe('ok')
    expect(row(run, 'modern').phases).toBeUndefined()
    expect(row(run, 'modern').createNs.count).toBe(24)
  })

  test.each([['kernfs'], ['uevent'], ['lists'], ['vfio'], ['vfio', 'devtmpfs']] as const)(
    'with the second-order lock %s %s and no other leaves every kernel whole',
    async (...locks) => {
      const run = await storm({ secondOrder: locks, strategies: ['placeholder', 'modern'], rounds: 2 })
      expect(run.verdict).toBe('ok')
      expect(run.results.flatMap(({ invariants }) => invariants.broken)).toEqual([])
    },
  )

  test('costs can be set apart', async () => {
    const vendor = { label: 'x', create: sameCost('sleep:2ms').create, remove: sameCost('none').remove }
    const run = await storm({ vendors: [vendor], strategies: ['rwsem'], rounds: 2 })
    const { createNs, removeNs } = row(run, 'rwsem')
    expect(createNs.p50).toBeGreaterThan(2_000_000)
    expect(removeNs.p50).toBeLessThan(createNs.p50)
  })

  test('that runs out of memory answers ENOMEM and leaks nothing', async () => {
    const run = await storm({
      strategies: ['rwsem'],
      parents: 8,
      devices: 16,
      warmup: 0,
      arenaBytes: 900_000,
    })
    const { errnos, invariants } = row(run, 'rwsem')
    expect(errnos['ENOMEM']).toBeGreaterThan(0)
    expect(invariants.broken).toEqual([])
  })
})

describe('a worker that dies', () => {
  test('ends the run with a report, and what was measured before is kept', async () => {
    const fault = { kind: 'throw', cpu: 1, op: 18 } as const
    const run = await storm({ strategies: ['global', 'rwsem'] }, { fault })
    expect(run.verdict).toBe('broken')
    expect(run.failure).toContain("machine 'global': CPU 1 threw")
    expect(run.failure).toContain('holds mutex mdev_list_lock')
    expect(run.results.map((one) => one.wallMs.samples.length)).toEqual([2, 2, 2])
  })
})
