import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { stormFlags, type StormFlags } from '#lockstorm/cli/storm_flags'
import { faultOf, planOf } from '#lockstorm/cli/storm_plan'
import { UsageError } from '#lockstorm/cli/usage'
import { ALL_STRATEGIES, DEFAULT_PLAN, HOLD_LOCKS, KNOWN_STRATEGIES } from '#lockstorm/storm/index'

describe('what is not accepted', () => {
  test.each<[keyof StormFlags, string | string[], string]>([
    ['parents', '0', '--parents 0: wanted a whole number from 1 to 256'],
    ['parents', '-8', '--parents -8: wanted a whole number from 1 to 256'],
    ['parents', '1e9', '--parents 1e9: wanted a whole number from 1 to 256'],
    [
      'parents',
      '99999999999999999999',
      '--parents 99999999999999999999: wanted a whole number from 1 to 256',
    ],
    ['parents', 'eight', '--parents eight: wanted a whole number from 1 to 256'],
    ['parents', '', "--parents '': wanted a whole number from 1 to 256"],
    ['devices', '0', '--devices 0: wanted a whole number from 1 to 16'],
    ['devices', '17', '--devices 17: wanted a whole number from 1 to 16'],
    ['devices', '2.5', '--devices 2.5: wanted a whole number from 1 to 16'],
    ['cpus', ['0'], '--cpus 0: wanted a whole number from 1 to 256'],
    ['cpus', ['1,257'], '--cpus 257: wanted a whole number from 1 to 256'],
    ['cpus', [','], '--cpus ,: wanted whole numbers from 1 to 256'],
    ['strategies', ['global,scru'], "--strategies scru: wanted all, or any of .*, did you mean 'srcu'\\?"],
    ['strategies', [''], "--strategies '': wanted all, or any of .*"],
    ['vendor', ['nap:1ms'], "--vendor nap:1ms: wanted 'none', 'busy:TIME' or 'sleep:TIME'.*"],
    ['vendor', ['none,sleep:1h'], "--vendor sleep:1h: wanted 'none', .*"],
    ['vendorCreate', 'sleep', "--vendor-create sleep: wanted 'none', .*"],
    ['vendorRemove', 'sleep:-1ms', "--vendor-remove sleep:-1ms: wanted 'none', .*"],
    ['affinity', 'near', '--affinity near: wanted one of own, spread, random'],
    ['affinity', 'spraed', "--affinity spraed: wanted one of own, spread, random, did you mean 'spread'\\?"],
    [
      'phase',
      'create',
      "--phase create: wanted one of create-remove, churn, did you mean 'create-remove'\\?",
    ],
    ['rounds', '0', '--rounds 0: wanted a whole number from 1 to 1000000'],
    ['warmup', '-1', '--warmup -1: wanted a whole number from 0 to 1000000'],
    ['duplicates', '1.5', '--duplicates 1.5: wanted a number from 0 to 1'],
    ['duplicates', '', "--duplicates '': wanted a number from 0 to 1"],
    ['hotplug', 'often', '--hotplug often: wanted a number from 0 to 1'],
    [
      'secondOrder',
      'maybe',
      '--second-order maybe: wanted on, off, or some of kernfs, uevent, lists, vfio, devtmpfs',
    ],
    ['seed', '-1', '--seed -1: wanted a whole number from 0 to 4294967295'],
    ['baseline', 'busted', '--baseline busted: wanted one of per-parent, .*'],
    ['driver', 'vgpus', "--driver vgpus: wanted one of vgpu, mtty, did you mean 'vgpu'\\?"],
    ['budget', 'x', '--budget x: wanted a whole number from 0 to 1000000'],
    ['arena', '12', '--arena 12: wanted a size as 64MB or 1GB'],
    ['testFault', 'spin', '--test-fault spin: wanted throw:CPU@OP, .*'],
  ])('--%s %j', (flag, value, message) => {
    const flags = { [flag]: value } as StormFlags
    const read = (): unknown => [planOf(flags), faultOf(flags)]
    expect(read).toThrow(UsageError)
    expect(read).toThrow(new RegExp(`^${message}$`))
    expect(message).not.toContain('\n')
  })
})

describe('what is accepted', () => {
  test('no flags are the default plan', () => {
    expect(planOf({})).toEqual(DEFAULT_PLAN)
  })

  test('lists with commas and repeated flags, without doubles, CPUs in order', () => {
    const plan = planOf({
      cpus: ['8,1', '2'],
      strategies: ['srcu,global', 'srcu'],
      vendor: ['none', 'busy:1us,none'],
    })
    expect(plan.cpus).toEqual([1, 2, 8])
    expect(plan.strategies).toEqual(['srcu', 'global'])
    expect(plan.vendors.map((vendor) => vendor.label)).toEqual(['none', 'busy:1us'])
  })

  test('all, and the controls beside it', () => {
    expect(planOf({ strategies: ['all'] }).strategies).toEqual(ALL_STRATEGIES)
    expect(planOf({ strategies: ['all,busted-gate'] }).strategies).toEqual([...ALL_STRATEGIES, 'busted-gate'])
  })

  test('costs that are set apart', () => {
    const { vendors } = planOf({ vendorCreate: 'sleep:1ms' })
    expect(vendors).toHaveLength(1)
    expect(vendors[0]).toMatchObject({ label: 'create sleep:1ms, remove none', remove: { kind: 'none' } })
    const both = planOf({ vendor: ['busy:1us,busy:2us'], vendorRemove: 'none' }).vendors
    expect(both.map((one) => [one.create.ns, one.remove.ns])).toEqual([
      [1000, 0],
      [2000, 0],
    ])
  })

  test('more devices on a card that has more ports', () => {
    expect(planOf({ driver: 'mtty', devices: '24' }).devices).toBe(24)
  })

  test('the first strategy as baseline where global does not run', () => {
    expect(planOf({ strategies: ['srcu,rwsem'] }).baseline).toBe('srcu')
  })

  test('second-order locks: all, none, or some', () => {
    expect(planOf({ secondOrder: 'off' }).secondOrder).toBe(false)
    expect(planOf({ secondOrder: 'devtmpfs,kernfs' }).secondOrder).toEqual(['kernfs', 'devtmpfs'])
  })

  test('locks to hold longer: several flags, several in one, with or without the &', () => {
    expect(planOf({}).holds).toBeUndefined()
    expect(planOf({ hold: ['kernfs_rwsem=20us, k->list_lock=0us', '&dev->mutex=1.5ms'] }).holds).toEqual([
      { lock: 'kernfs_rwsem', ns: 20_000 },
      { lock: '&k->list_lock', ns: 0 },
      { lock: '&dev->mutex', ns: 1_500_000 },
    ])
  })

  test.each([
    [
      'kernfs=20us',
      /--hold kernfs=20us: wanted LOCK=TIME, .* LOCK one of kernfs_rwsem, .*did you mean 'kernfs_rwsem'/,
    ],
    ['kernfs_rwsem=20', /--hold kernfs_rwsem=20: wanted LOCK=TIME, TIME from 0us to 10ms$/],
    ['kernfs_rwsem', /wanted LOCK=TIME, TIME from 0us to 10ms$/],
    ['kernfs_rwsem=11ms', /wanted LOCK=TIME, TIME from 0us to 10ms$/],
    ['kernfs_rwsem=1us=2us', /wanted LOCK=TIME/],
    ['', /--hold '': wanted LOCK=TIME/],
    ['kernfs_rwsem=1us,kernfs_rwsem=2us', /--hold kernfs_rwsem: is given twice/],
  ])('--hold %s is refused', (text, message) => {
    expect(() => planOf({ hold: [text] })).toThrow(message)
  })

  test('the number of rounds lifts the time limit', () => {
    expect(planOf({ rounds: '3' }).budgetS).toBe(0)
    expect(planOf({ rounds: '3', budget: '9' }).budgetS).toBe(9)
  })
})

test('the help names every strategy and every default', () => {
  const help = stormFlags(new Command('storm')).helpInformation().replaceAll(/\s+/g, ' ')
  for (const name of [...KNOWN_STRATEGIES, ...HOLD_LOCKS]) expect(help).toContain(name)
  const { parents, devices, rounds, warmup, budgetS, vendors, baseline, cpus } = DEFAULT_PLAN
  for (const text of [
    `(GPUs), default ${parents}`,
    `per parent, default ${devices}`,
    `default ${rounds}, or fewer`,
  ]) {
    expect(help).toContain(text)
  }
  for (const text of [
    `cost; default ${warmup}`,
    `default ${budgetS}, no limit`,
    `with; default ${baseline}`,
  ]) {
    expect(help).toContain(text)
  }
  expect(help).toContain(`threads), default ${cpus.join()};`)
  expect(help).toContain(`default ${vendors.map((vendor) => vendor.label).join()}`)
})
