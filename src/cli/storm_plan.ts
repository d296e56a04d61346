/**
 * From the flags of `lockstorm storm` to the plan of each workload: what one flag cannot know of another.
 */
import { NR_CPUS } from '../base/constants.ts'
import { FENCES } from '../fences/list.ts'
import { SECOND_ORDER_LOCKS } from '../kernel/second_order.ts'
import { STRATEGIES, strategyNamed } from '../mdev/strategies.ts'
import type { LockHold } from '../results/locks.ts'
import type { GrowthPlan } from '../results/growth.ts'
import type { Slow, StormPlan, VendorPlan } from '../results/storm.ts'
import type { UnplugPlan } from '../results/unplug.ts'
import type { VfioPlan } from '../results/vfio_storm.ts'
import { CAPACITY, emulated, type Driver } from '../storm/drivers.ts'
import {
  DEFAULT_PLAN as D,
  GROWTH_PLAN as G,
  MOST_DEVICES,
  parseCost,
  pointsUpTo,
  vendorPlan,
} from '../storm/index.ts'
import type { StormFlags } from './commands/storm.ts'
import { ALL_STRATEGIES, KNOWN_STRATEGIES } from './strategy_flags.ts'
import { readWord } from './flag.ts'
import { integer, oneOf } from './kinds.ts'
import { badValue, UsageError } from './usage.ts'

const GUARDED = STRATEGIES.filter(({ gate }) => gate.guarded).map(({ name }) => name)
/** CPUs that a workload with users has for them: one more boots, one unplugs. */
const MOST_USERS = NR_CPUS - 2
const MOST_CARDS = 64
const MOST_VFIO_DEVICES = 1024
/** Rounds of the pass that notes who waits for whom. */
const WAITS_ROUNDS = 5

function devicesOf(
  flags: StormFlags,
  driver: Driver,
  usual: { readonly parents: number; readonly devices: number },
): {
  readonly parents: number
  readonly devices: number
} {
  const { parents = usual.parents, devices = Math.min(usual.devices, CAPACITY[driver]) } = flags
  readWord('--devices', integer(1, CAPACITY[driver]), String(devices))
  if (parents * devices > MOST_DEVICES) {
    const most = Math.floor(MOST_DEVICES / parents)
    throw badValue(
      '--devices',
      String(devices),
      `at most ${most} on each of ${parents} parents: ${MOST_DEVICES} in all`,
    )
  }
  return { parents, devices }
}

/** The plan of a storm of mdevs. @throws UsageError */
export function mdevPlan(flags: StormFlags): StormPlan {
  const { strategies = ALL_STRATEGIES, rounds, budget, driver = emulated(D), phase } = flags
  if (phase === 'grow') throw new UsageError('--phase grow is a storm of another kind')
  return {
    command: 'storm',
    driver,
    ...devicesOf(flags, driver, D),
    cpus: (flags.cpus ?? D.cpus).toSorted((a, b) => a - b),
    strategies,
    vendors: vendorsOf(flags),
    affinity: flags.affinity,
    phase,
    rounds: rounds ?? D.rounds,
    warmup: flags.warmup ?? D.warmup,
    duplicates: flags.duplicates,
    hotplug: flags.hotplug,
    secondOrder: secondOrderOf(flags.secondOrder),
    ...(flags.hold !== undefined && { holds: holdsOf(flags.hold) }),
    ...(flags.stagger !== undefined && { staggerNs: Math.round(flags.stagger * 1e6) }),
    ...(flags.slow !== undefined && { slow: slowOf(flags.slow, strategies) }),
    ...((flags.waits || flags.folded !== undefined) && {
      waits: Math.min(WAITS_ROUNDS, rounds ?? WAITS_ROUNDS),
    }),
    seed: flags.seed,
    baseline: baselineOf(flags.baseline, strategies),
    budgetS: budget === undefined ? (rounds === undefined ? D.budgetS : 0) : budget / 1000,
    arenaBytes: flags.arena ?? 0,
  }
}

function secondOrderOf(words: readonly string[]): StormPlan['secondOrder'] {
  const whole = words.find((word) => word === 'on' || word === 'off')
  if (whole === undefined) return SECOND_ORDER_LOCKS.filter((lock) => words.includes(lock))
  if (words.length === 1) return whole === 'on'
  const accepted = `on, off, or some of ${SECOND_ORDER_LOCKS.join(', ')}`
  throw badValue('--second-order', words.join(), `${accepted}: ${whole} stands alone`)
}

function holdsOf(holds: readonly LockHold[]): readonly LockHold[] {
  const twice = holds.find(({ lock }, i) => holds.findIndex((one) => one.lock === lock) < i)
  if (twice !== undefined) throw new UsageError(`--hold ${twice.lock}: it is given twice`)
  return holds
}

function slowOf(slow: readonly Slow[], strategies: readonly string[]): readonly Slow[] {
  for (const [i, { strategy }] of slow.entries()) {
    readWord('--slow', oneOf(strategies), strategy)
    if (slow.findIndex((one) => one.strategy === strategy) < i) {
      throw new UsageError(`--slow ${strategy}: it is given twice`)
    }
  }
  return slow
}

/** The plan of a growth. @throws UsageError */
export function growthPlan(flags: StormFlags): GrowthPlan {
  const { strategies = ALL_STRATEGIES, driver = emulated(G), cpus: [cpus = G.cpus, ...more] = [] } = flags
  if (more.length > 0) throw badValue('--cpus', flags.cpus?.join(), 'one number: a growth makes no sweep')
  const size = devicesOf(flags, driver, G)
  const given = flags.vendor ?? flags.vendorCreate ?? flags.vendorRemove
  return {
    ...G,
    ...size,
    driver,
    strategies,
    cpus,
    vendors: given === undefined ? G.vendors : vendorsOf(flags),
    points: pointsUpTo(size.parents * size.devices),
    seed: flags.seed,
    baseline: baselineOf(flags.baseline, strategies),
  }
}

/** A cost that its flag has accepted. */
function cost(word: string): VendorPlan['create'] {
  return parseCost(word) as VendorPlan['create']
}

function vendorsOf({ vendor, vendorCreate, vendorRemove }: StormFlags): VendorPlan[] {
  const apart = vendorCreate !== undefined || vendorRemove !== undefined
  const labels = vendor ?? (apart ? ['none'] : D.vendors.map(({ label }) => label))
  return labels.map((label) => {
    if (!apart) return vendorPlan(label, cost(label), cost(label))
    const create = vendorCreate ?? label
    const remove = vendorRemove ?? label
    return vendorPlan(`create ${create}, remove ${remove}`, cost(create), cost(remove))
  })
}

function baselineOf(name: string | undefined, strategies: readonly string[]): string {
  if (name !== undefined) return readWord('--baseline', oneOf(strategies), name)
  return strategies.find((one) => one === D.baseline) ?? (strategies[0] as string)
}

function users({ cpus }: StormFlags, usual: number, why: string): number {
  const [one = usual, ...more] = cpus ?? []
  if (more.length > 0) throw badValue('--cpus', cpus?.join(), `one number: ${why}`)
  return readWord('--cpus', integer(1, MOST_USERS), String(one))
}

/** The plan of an unplug storm. @throws UsageError */
export function unplugPlan(flags: StormFlags): UnplugPlan {
  const cpus = users(flags, 8, 'an unplug storm makes no sweep')
  return {
    command: 'storm',
    workload: 'unplug',
    fences: FENCES.map(({ name }) => name).filter((name) => flags.fence.includes(name)),
    cpus,
    sleepers: readWord('--sleepers', integer(0, MOST_USERS - cpus), String(flags.sleepers)),
    durationMs: Math.round(flags.duration),
    patienceMs: Math.round(flags.patience),
    seed: flags.seed,
  }
}

/** Without a gate a card takes its users' devices away with it. `all` stands for those that have one. */
function guardedOf(chosen: readonly string[] = ['modern']): readonly string[] {
  if (ALL_STRATEGIES.every((name) => chosen.includes(name))) return GUARDED
  return chosen.map((name) => {
    const ours = KNOWN_STRATEGIES.includes(name) || strategyNamed(name)?.gate.guarded !== true
    return ours ? readWord('--strategies', oneOf(GUARDED), name) : name
  })
}

/** The plan of a VFIO storm. @throws UsageError */
export function vfioPlan(flags: StormFlags): VfioPlan {
  return {
    command: 'storm',
    workload: 'vfio',
    strategies: guardedOf(flags.strategies),
    cpus: users(flags, 6, 'a VFIO storm makes no sweep'),
    parents: readWord('--parents', integer(1, MOST_CARDS), String(flags.parents ?? 4)),
    devices: readWord('--devices', integer(1, MOST_VFIO_DEVICES), String(flags.devices ?? 16)),
    durationMs: Math.round(flags.duration),
    control: flags.control,
    seed: flags.seed,
  }
}
