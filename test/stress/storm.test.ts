import { describe, expect, test } from 'vitest'
import { strategyNamed } from '#lockstorm/mdev/index'
import { FLOOR, type StormPlan, type StormRun } from '#lockstorm/results/index'
import { ALL_STRATEGIES, DEFAULT_PLAN, runStorm, sameCost } from '#lockstorm/storm/index'

/** Rows of strategies: the control has no kernel. */
const judged = ({ results }: StormRun): StormRun['results'] =>
  results.filter(({ strategy }) => strategy !== FLOOR)

const guarded = ALL_STRATEGIES.filter((name) => strategyNamed(name)?.gate.guarded === true)
const unguarded = ALL_STRATEGIES.filter((name) => !guarded.includes(name))

function storm(changes: Partial<StormPlan>): Promise<StormRun> {
  return runStorm({
    ...DEFAULT_PLAN,
    cpus: [4],
    vendors: [sameCost('none')],
    rounds: 10,
    warmup: 0,
    ...changes,
  })
}

describe('128 devices under every strategy', () => {
  test.each(['own', 'spread', 'random'] as const)(
    'affinity %s: every kernel is whole afterwards',
    async (affinity) => {
      const run = await storm({ affinity })
      expect(run.failure).toBeUndefined()
      for (const { strategy, invariants, createNs } of judged(run)) {
        expect({ strategy, broken: invariants.broken, created: createNs.count }).toEqual({
          strategy,
          broken: [],
          created: 1280,
        })
      }
    },
  )

  test('duplicates: each of them is refused once', async () => {
    const run = await storm({ duplicates: 0.5, affinity: 'random' })
    expect(run.verdict).toBe('ok')
    for (const { strategy, duplicates, invariants } of judged(run)) {
      expect({ strategy, broken: invariants.broken }).toEqual({ strategy, broken: [] })
      expect(duplicates.rejected + duplicates.warned).toBe(duplicates.attempted)
      expect({ strategy, warns: duplicates.warned > 0 }).toEqual({
        strategy,
        warns: strategyNamed(strategy)?.namespace.seesAllParents === false,
      })
    }
  })
})

const HOTPLUG = { hotplug: 0.2, affinity: 'spread', vendors: [sameCost('sleep:100us')] } as const

test('strategies with a gate keep their kernels whole while parents come and go', async () => {
  const run = await storm({ ...HOTPLUG, strategies: guarded, duplicates: 0.1, rounds: 20 })
  expect(run.failure).toBeUndefined()
  for (const { strategy, invariants, damage } of judged(run)) {
    const wanted = { strategy, broken: [], damage: { oopses: 0, leaked: 0, hung: 0 } }
    expect({ strategy, broken: invariants.broken, damage }).toEqual(wanted)
  }
  expect(run.verdict).toBe('ok')
})

/** A race that is not forced may stay away from one run; it does not stay away from all of them. */
async function stormUntil(met: (run: StormRun) => boolean, changes: Partial<StormPlan>): Promise<StormRun> {
  for (let seed = 1; ; seed++) {
    const run = await storm({ ...changes, seed })
    expect(run.failure).toBeUndefined()
    if (met(run) || seed === 20) return run
  }
}

const found = (run: StormRun): boolean => run.verdict === 'finding'

test.each(unguarded)(
  'parents that come and go under %s leave leaked children, oopses or a deadlock, and the run goes on',
  async (strategy) => {
    const run = await stormUntil(found, { ...HOTPLUG, strategies: [strategy], rounds: 20 })
    // The deadlock: `remove` waits for the lock of the list, whose holder waits for the file of `remove`.
    for (const { damage } of judged(run))
      expect(damage.leaked + damage.oopses + damage.hung).toBeGreaterThan(0)
    expect(run.verdict).toBe('finding')
  },
)

test('a namespace without a lock is caught', async () => {
  const race = { cpus: [2], parents: 1, duplicates: 1, warmup: 20 } as const
  const run = await stormUntil(found, { ...race, strategies: ['busted-namespace'], rounds: 300 })
  expect(run.verdict).toBe('finding')
})

test('a gate that waits for nobody is caught', async () => {
  const run = await stormUntil(found, { ...HOTPLUG, strategies: ['busted-gate'], rounds: 40 })
  expect(run.verdict).toBe('finding')
})
