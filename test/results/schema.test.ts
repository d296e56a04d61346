import { expect, test } from 'vitest'
import { asStormRuns, type StormRun } from '#lockstorm/results/index'
import { DEFAULT_PLAN, runStorm, sameCost, type MdevOptions } from '#lockstorm/storm/index'
import { validator } from '../setup/schema.ts'

const errorsOf = validator('storm-2.schema.json')

function storm(changes: Partial<StormRun['plan']>, options: MdevOptions = {}): Promise<StormRun> {
  const small = { parents: 2, devices: 2, cpus: [2], vendors: [sameCost('none')], rounds: 2, warmup: 1 }
  return runStorm({ ...DEFAULT_PLAN, ...small, strategies: ['global', 'srcu'], ...changes }, options)
}

test('what a storm writes is valid: both phases, duplicates, a sweep, sleeping vendors', async () => {
  const plain = await storm({ duplicates: 0.5, vendors: ['none', 'sleep:100us:exp'].map(sameCost) })
  expect(errorsOf(plain)).toEqual([])
  expect(errorsOf(await storm({ cpus: [1, 2, 3], phase: 'churn' }))).toEqual([])
  expect(errorsOf({ ...plain, interrupted: true })).toEqual([])
  const { plan, verdict } = plain
  expect(errorsOf({ schema: 'lockstorm/storm-runs@1', plan, runs: [plain, plain], verdict })).toEqual([])
})

test('a storm under detectors, and one that broke, are valid', async () => {
  const watched = await storm(
    { holds: [{ lock: 'kernfs_rwsem', ns: 1000 }], secondOrder: ['kernfs'] },
    { detectors: { lockStat: {} } },
  )
  expect(watched.lockStat).not.toEqual([])
  expect(errorsOf(watched)).toEqual([])
  const broken = await storm({}, { fault: { kind: 'throw', cpu: 1, op: 1 } })
  expect(broken.verdict).toBe('broken')
  expect(errorsOf(broken)).toEqual([])
})

test('what is missing, wrong or undescribed is not valid', async () => {
  const run = await storm({})
  const [row] = run.results
  expect(errorsOf({ ...run, results: [{ ...row, rounds: undefined }] })).not.toEqual([])
  expect(errorsOf({ ...run, results: [{ ...row, unsteady: false }] })).not.toEqual([])
  expect(errorsOf({ ...run, more: 1 })).not.toEqual([])
  expect(errorsOf({ ...run, schema: 'lockstorm/storm@1' })).not.toEqual([])
})

test('version 1 reads as version 2, and comes out valid', async () => {
  const { warmUps: _, bootMs: _boot, results, env, ...rest } = await storm({})
  const { node, v8, cores, cpuModel, arch, date } = env
  const old = {
    ...rest,
    schema: 'lockstorm/storm@1',
    env: { node, v8, cores, cpuModel, arch, date },
    results: results.map(({ rounds: _rounds, unsteady: _unsteady, ofFloor: _floor, ...row }) => row),
  }
  const [run] = asStormRuns(old) ?? []
  expect(errorsOf(run)).toEqual([])
  expect(run?.results[0]).toMatchObject({ rounds: [0, 1], unsteady: null, ofFloor: null })
  expect(asStormRuns({ schema: 'lockstorm/torture@1' })).toBeUndefined()
})
