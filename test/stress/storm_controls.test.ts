import { expect, test } from 'vitest'
import { strategyNamed } from '#lockstorm/mdev/index'
import type { StormPlan, StormRun } from '#lockstorm/results/index'
import { ALL_STRATEGIES } from '#lockstorm/storm/index'
import { HOTPLUG, judged, storm } from './storm_plan.ts'

const unguarded = ALL_STRATEGIES.filter((name) => strategyNamed(name)?.gate.guarded !== true)

/**
 * A race that is not forced may stay away from one run; it does not stay away from all of them. Each run is short: what most find in
 * their first rounds need not be found over and over.
 */
async function stormUntil(met: (run: StormRun) => boolean, changes: Partial<StormPlan>): Promise<StormRun> {
  for (let seed = 1; ; seed++) {
    const run = await storm({ ...changes, seed })
    expect(run.failure).toBeUndefined()
    if (met(run) || seed === 100) return run
  }
}

const found = (run: StormRun): boolean => run.verdict === 'finding'

test.each(unguarded)(
  'parents that come and go under %s leave leaked children, oopses or a deadlock, and the run goes on',
  async (strategy) => {
    const run = await stormUntil(found, { ...HOTPLUG, strategies: [strategy], rounds: 4 })
    // The deadlock: `remove` waits for the lock of the list, whose holder waits for the file of `remove`.
    for (const { damage } of judged(run))
      expect(damage.leaked + damage.oopses + damage.hung).toBeGreaterThan(0)
    expect(run.verdict).toBe('finding')
  },
)

test('a namespace without a lock is caught', async () => {
  const race = { cpus: [2], parents: 1, duplicates: 1, warmup: 20 } as const
  const run = await stormUntil(found, { ...race, strategies: ['busted-namespace'], rounds: 60 })
  expect(run.verdict).toBe('finding')
})

test('a gate that waits for nobody is caught', async () => {
  const run = await stormUntil(found, { ...HOTPLUG, strategies: ['busted-gate'], rounds: 8 })
  expect(run.verdict).toBe('finding')
})
