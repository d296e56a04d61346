/** Several runs in processes of their own, a strategy that is slow on purpose, operations that do not come at once, plans that are refused. */
import { expect, test, vi } from 'vitest'
import { stormRunsTables } from '#lockstorm/report/storm_runs_table'
import { render } from '#lockstorm/report/page'
import type { StormPlan } from '#lockstorm/results/index'
import { runApart } from '#lockstorm/storm/apart'
import { availableParallelism } from 'node:os'
import { DEFAULT_PLAN, runStorm, sameCost, whyTooBig } from '#lockstorm/storm/index'

vi.setConfig({ testTimeout: 120_000 })

const plan: StormPlan = {
  ...DEFAULT_PLAN,
  parents: 2,
  devices: 2,
  cpus: [2],
  rounds: 3,
  warmup: 2,
  strategies: ['global'],
  vendors: [sameCost('sleep:2ms')],
}

test('a strategy that is slow on purpose never takes less than it would with that share more', async () => {
  const run = await runStorm({
    ...plan,
    strategies: ['global', 'srcu'],
    slow: [{ strategy: 'srcu', share: 1 }],
  })
  const [global, srcu] = run.results
  // A sleep of 2 ms becomes 4 ms at least.
  for (const { p50 } of [srcu?.createNs, srcu?.removeNs].filter((one) => one !== undefined)) {
    expect(p50).toBeGreaterThan(3.9e6)
  }
  expect(global?.createNs.count).toBe(12)
})

test('a run in a process of its own is a run like any other; several make a table', async () => {
  const phases = new Set<string>()
  const run = await runApart(plan, { progress: ({ phase }) => phases.add(phase) })
  expect(run).toMatchObject({ schema: 'lockstorm/storm@2', verdict: 'ok', plan: { strategies: ['global'] } })
  expect(phases).toEqual(new Set(['boot', 'warm-up', 'round']))
  const { verdict } = run
  const blocks = stormRunsTables({ schema: 'lockstorm/storm-runs@1', plan, runs: [run, run], verdict })
  const text = render(blocks, { width: 200, colour: false })
  expect(text).toContain('vendor sleep:2ms, 2 CPUs: medians of runs')
  expect(text).toMatch(/^global +2 /m)
  expect(text).toMatch(/^floor +2 /m)
})

test('one that is asked to stop ends with what it has, one that is too big says so', async () => {
  let asked = false
  const run = await runApart(
    { ...plan, rounds: 100_000 },
    { progress: ({ phase }) => (asked ||= phase === 'round'), stop: () => asked },
  )
  expect(run.results[0]?.wallMs.samples.length).toBeLessThan(100_000)
  await expect(runApart({ ...plan, arenaBytes: 1000 })).rejects.toThrow('not 1000')
})

test('operations that do not come at once begin no earlier than their turn', async () => {
  const run = await runStorm({ ...plan, vendors: [sameCost('none')], staggerNs: 5e6 })
  // Two operations of each CPU and phase, half a turn between the CPUs: the last begins at 7.5 ms.
  for (const { phases } of run.results) {
    for (const ms of phases?.createMs.samples ?? []) expect(ms).toBeGreaterThan(7.4)
  }
})

test('more CPUs than a computer carries are refused, with the number that it does', () => {
  const cores = availableParallelism()
  expect(whyTooBig({ ...plan, cpus: [64 * cores] })).toBeUndefined()
  const why = whyTooBig({ ...plan, cpus: [1, 64 * cores + 1] })
  expect(why).toMatch(new RegExp(`^${cores} cores? can carry ${64 * cores} CPUs and not ${64 * cores + 1}: `))
})
