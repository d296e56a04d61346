import { describe, expect, test } from 'vitest'
import { strategyNamed } from '#lockstorm/mdev/index'
import { ALL_STRATEGIES } from '#lockstorm/storm/index'
import { HOTPLUG, judged, storm } from './storm_plan.ts'

const guarded = ALL_STRATEGIES.filter((name) => strategyNamed(name)?.gate.guarded === true)

describe('128 devices under every strategy', () => {
  test.each(['own', 'spread'] as const)('affinity %s: every kernel is whole afterwards', async (affinity) => {
    const run = await storm({ affinity })
    expect(run.failure).toBeUndefined()
    for (const { strategy, invariants, createNs } of judged(run)) {
      expect({ strategy, broken: invariants.broken, created: createNs.count }).toEqual({
        strategy,
        broken: [],
        created: 1280,
      })
    }
  })

  test('affinity random, with duplicates: the same, and each of them is refused once', async () => {
    const run = await storm({ duplicates: 0.5, affinity: 'random' })
    expect(run.verdict).toBe('ok')
    for (const { strategy, duplicates, invariants, createNs } of judged(run)) {
      const created = createNs.count
      expect({ strategy, broken: invariants.broken, created }).toEqual({
        strategy,
        broken: [],
        created: 1280,
      })
      expect(duplicates.rejected + duplicates.warned).toBe(duplicates.attempted)
      expect({ strategy, warns: duplicates.warned > 0 }).toEqual({
        strategy,
        warns: strategyNamed(strategy)?.namespace.seesAllParents === false,
      })
    }
  })
})

test('strategies with a gate keep their kernels whole while parents come and go', async () => {
  const run = await storm({ ...HOTPLUG, strategies: guarded, duplicates: 0.1, rounds: 20 })
  expect(run.failure).toBeUndefined()
  for (const { strategy, invariants, damage } of judged(run)) {
    const wanted = { strategy, broken: [], damage: { oopses: 0, leaked: 0, hung: 0 } }
    expect({ strategy, broken: invariants.broken, damage }).toEqual(wanted)
  }
  expect(run.verdict).toBe('ok')
})
