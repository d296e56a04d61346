/** From the flags of `lockstorm storm` to a plan. What every flag refuses is in bad_lines.test.ts. */
import { sliceText } from '#lockstorm/cli/storm_kind'
import type { StormProgress } from '#lockstorm/storm/index'
import { describe, expect, test } from 'vitest'
import type { StormFlags } from '#lockstorm/cli/commands/storm'
import { mdevPlan, unplugPlan, vfioPlan } from '#lockstorm/cli/storm_plan'
import { UsageError } from '#lockstorm/cli/usage'
import { ALL_STRATEGIES, DEFAULT_PLAN } from '#lockstorm/storm/index'
import { understood } from '../setup/cli.ts'

async function flags(...words: string[]): Promise<StormFlags> {
  const { values } = await understood('storm', ...words)
  return values as StormFlags
}

async function plan(...words: string[]): Promise<ReturnType<typeof mdevPlan>> {
  return mdevPlan(await flags(...words))
}

describe('what is not accepted', () => {
  test.each([
    [['--parents', '0'], '--parents 0: wanted a whole number from 1 to 256'],
    [['--parents', ''], "--parents '': wanted a whole number from 1 to 256"],
    [['--devices', '17'], '--devices 17: wanted a whole number from 1 to 16'],
    [['--driver', 'mtty', '--devices', '25'], '--devices 25: wanted a whole number from 1 to 24'],
    [['--cpus', '1,257'], '--cpus 257: wanted a whole number from 1 to 256'],
    [
      ['--cpus', ','],
      '--cpus ,: wanted a whole number from 1 to 256, and nothing is left out between commas',
    ],
    [['--cpus', '8,08'], '--cpus 8,08: 08 is given twice'],
    [['--strategies', 'global,scru'], "--strategies scru: wanted all, or any of .*, did you mean 'srcu'\\?"],
    [['--strategies', 'all,srcu'], '--strategies all,srcu: srcu is given twice'],
    [['--strategies', ''], "--strategies '': wanted all, or any of .*"],
    [['--vendor', 'nap:1ms'], "--vendor nap:1ms: wanted 'none', 'busy:TIME' or 'sleep:TIME'.*"],
    [['--vendor', 'none,sleep:1h'], "--vendor sleep:1h: wanted 'none', .*"],
    [
      ['--affinity', 'spraed'],
      "--affinity spraed: wanted one of own, spread, random, did you mean 'spread'\\?",
    ],
    [
      ['--second-order', 'on,kernfs'],
      '--second-order on,kernfs: wanted on, off, or some of .*: on stands alone',
    ],
    [['--baseline', 'srcu', '--strategies', 'global'], '--baseline srcu: wanted one of global'],
    [['--budget', '0'], '--budget 0: wanted a time with its unit such as 500ms, 10s or 2m, up to 24h'],
    [
      ['--hold', 'kernfs=20us'],
      "--hold kernfs=20us: .*LOCK is one of kernfs_rwsem, .*did you mean 'kernfs_rwsem'\\?",
    ],
    [['--hold', 'kernfs_rwsem=20'], '--hold kernfs_rwsem=20: wanted LOCK=TIME, TIME from 0us to 10ms'],
    [['--hold', 'kernfs_rwsem=1us,kernfs_rwsem=2us'], '--hold kernfs_rwsem: it is given twice'],
  ])('%j', async (words, message) => {
    await expect(plan(...words)).rejects.toThrow(UsageError)
    await expect(plan(...words)).rejects.toThrow(new RegExp(`^${message}$`))
  })
})

describe('what is accepted', () => {
  test('no flags are the default plan', async () => {
    expect(await plan()).toEqual(DEFAULT_PLAN)
  })

  test('lists with commas and repeated flags, CPUs in order', async () => {
    const words = '--cpus 8,1 --cpus 2 --strategies srcu,global --vendor none,busy:1us'
    const { cpus, strategies, vendors } = await plan(...words.split(' '))
    expect(cpus).toEqual([1, 2, 8])
    expect(strategies).toEqual(['srcu', 'global'])
    expect(vendors.map(({ label }) => label)).toEqual(['none', 'busy:1us'])
  })

  test('all, and the controls beside it', async () => {
    expect((await plan('--strategies', 'all')).strategies).toEqual(ALL_STRATEGIES)
    const { strategies } = await plan('--strategies', 'all,busted-gate')
    expect(strategies).toEqual([...ALL_STRATEGIES, 'busted-gate'])
  })

  test('costs that are set apart', async () => {
    const { vendors } = await plan('--vendor-create', 'sleep:1ms')
    expect(vendors).toHaveLength(1)
    expect(vendors[0]).toMatchObject({ label: 'create sleep:1ms, remove none', remove: { kind: 'none' } })
    const both = await plan('--vendor', 'busy:1us,busy:2us', '--vendor-remove', 'none')
    expect(both.vendors.map((one) => [one.create.ns, one.remove.ns])).toEqual([
      [1000, 0],
      [2000, 0],
    ])
  })

  test('the first strategy as baseline where global does not run', async () => {
    expect((await plan('--strategies', 'srcu,rwsem')).baseline).toBe('srcu')
  })

  test('second-order locks: all, none, or some', async () => {
    expect((await plan('--second-order', 'off')).secondOrder).toBe(false)
    expect((await plan('--second-order', 'devtmpfs,kernfs')).secondOrder).toEqual(['kernfs', 'devtmpfs'])
  })

  test('locks to hold longer: several flags, several in one, with or without the &', async () => {
    const { holds } = await plan(
      '--hold',
      'kernfs_rwsem=20us, k->list_lock=0us',
      '--hold',
      '&dev->mutex=1.5ms',
    )
    expect(holds).toEqual([
      { lock: 'kernfs_rwsem', ns: 20_000 },
      { lock: '&k->list_lock', ns: 0 },
      { lock: '&dev->mutex', ns: 1_500_000 },
    ])
  })

  test('the number of rounds lifts the time limit', async () => {
    expect((await plan('--rounds', '3')).budgetS).toBe(0)
    expect((await plan('--rounds', '3', '--budget', '1500ms')).budgetS).toBe(1.5)
  })
})

describe('the other workloads', () => {
  test('their defaults', async () => {
    const unplug = unplugPlan(await flags('--workload', 'unplug'))
    expect(unplug).toMatchObject({ cpus: 8, sleepers: 16, durationMs: 4000, patienceMs: 500, seed: 1 })
    expect(unplug.fences).not.toContain('flag')
    const vfio = vfioPlan(await flags('--workload', 'vfio'))
    expect(vfio).toMatchObject({ strategies: ['modern'], cpus: 6, parents: 4, devices: 16, durationMs: 4000 })
  })

  test('flags of another workload are refused, and so are sweeps', async () => {
    await expect(flags('--workload', 'vfio', '--vendor', 'none')).rejects.toThrow(
      '--vendor goes with --workload mdev',
    )
    await expect(flags('--fence', 'rwsem')).rejects.toThrow('--fence goes with --workload unplug')
    const sweep = await flags('--workload', 'unplug', '--cpus', '1,2')
    expect(() => unplugPlan(sweep)).toThrow('--cpus 1,2: wanted one number: an unplug storm makes no sweep')
    const all = vfioPlan(await flags('--workload', 'vfio', '--strategies', 'all'))
    expect(all.strategies).not.toContain('global')
    const unguarded = await flags('--workload', 'vfio', '--strategies', 'global')
    expect(() => vfioPlan(unguarded)).toThrow('--strategies global: wanted one of gate-only, rwsem')
  })
})

test('a storm of slices says where it is, also before the first and after the last', () => {
  const at = (round: number, more: object = {}): StormProgress => ({
    phase: 'round',
    round,
    rounds: 4,
    lane: 'srcu',
    label: '',
    ...more,
  })
  expect([
    sliceText('unplug', at(0, { phase: 'boot', rounds: 0, lane: '' })),
    sliceText('unplug', at(3)),
    sliceText('unplug', at(4, { label: 'read side' })),
  ]).toEqual([
    'storm: unplug, switching the machines on',
    'storm: unplug, slice 4/4, srcu',
    'storm: unplug, read side, srcu',
  ])
})
