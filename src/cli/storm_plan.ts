/**
 * From the flags of `lockstorm storm` to a plan.
 */
import { CAPACITY } from '../storm/drivers.ts'
import type { StormPlan, VendorPlan } from '../results/storm.ts'
import { NR_CPUS } from '../base/constants.ts'
import {
  ALL_STRATEGIES,
  COST_SYNTAX,
  DEFAULT_PLAN,
  FAULT_SYNTAX,
  KNOWN_STRATEGIES,
  HOLD_LOCKS,
  holdLock,
  HOLD_SYNTAX,
  parseCost,
  parseFault,
  parseHold,
  vendorPlan,
  type Fault,
} from '../storm/index.ts'
import type { StormFlags } from './storm_flags.ts'
import type { LockHold } from '../results/locks.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'
import { SECOND_ORDER_LOCKS } from '../kernel/second_order.ts'
import { bytes, integer, items, oneOf, share } from './values.ts'

const D = DEFAULT_PLAN
const MOST_PARENTS = 256
const MOST_SEED = 0xffff_ffff
const DRIVERS = ['vgpu', 'mtty'] as const
const AFFINITIES = ['own', 'spread', 'random'] as const
const PHASES = ['create-remove', 'churn'] as const

/** The plan that the flags ask for. Throws UsageError. */
export function planOf(flags: StormFlags): StormPlan {
  const driver = oneOf('--driver', flags.driver ?? D.driver, DRIVERS)
  const strategies = strategiesOf(flags.strategies)
  return {
    command: 'storm',
    driver,
    parents: integer('--parents', flags.parents ?? String(D.parents), 1, MOST_PARENTS),
    devices: integer('--devices', flags.devices ?? String(D.devices), 1, CAPACITY[driver]),
    cpus: cpusOf(flags.cpus),
    strategies,
    vendors: vendorsOf(flags),
    affinity: oneOf('--affinity', flags.affinity ?? D.affinity, AFFINITIES),
    phase: oneOf('--phase', flags.phase ?? D.phase, PHASES),
    rounds: integer('--rounds', flags.rounds ?? String(D.rounds), 1, 1_000_000),
    warmup: integer('--warmup', flags.warmup ?? String(D.warmup), 0, 1_000_000),
    duplicates: share('--duplicates', flags.duplicates ?? '0'),
    hotplug: share('--hotplug', flags.hotplug ?? '0'),
    secondOrder: secondOrderOf(flags.secondOrder ?? 'on'),
    ...(flags.hold !== undefined && { holds: holdsOf(flags.hold) }),
    seed: integer('--seed', flags.seed ?? String(D.seed), 0, MOST_SEED),
    baseline: baselineOf(flags.baseline, strategies),
    budgetS: budgetOf(flags),
    arenaBytes: flags.arena === undefined ? 0 : bytes('--arena', flags.arena),
  }
}

function secondOrderOf(text: string): StormPlan['secondOrder'] {
  if (text === 'on' || text === 'off') return text === 'on'
  const names = text.split(',')
  const unknown = names.find((name) => !SECOND_ORDER_LOCKS.some((lock) => lock === name))
  if (unknown === undefined) return SECOND_ORDER_LOCKS.filter((lock) => names.includes(lock))
  throw badValue('--second-order', text, `on, off, or some of ${SECOND_ORDER_LOCKS.join(', ')}`)
}

function holdsOf(texts: readonly string[]): LockHold[] {
  const list = items(texts)
  if (list.length === 0) throw badValue('--hold', "''", HOLD_SYNTAX)
  const holds = list.map((text) => {
    const hold = parseHold(text)
    if (hold !== undefined) return hold
    const [name = ''] = text.split('=')
    if (holdLock(name) !== undefined) throw badValue('--hold', text, HOLD_SYNTAX)
    const locks = `LOCK one of ${HOLD_LOCKS.join(', ')}${didYouMean(name, HOLD_LOCKS)}`
    throw badValue('--hold', text, `${HOLD_SYNTAX}, ${locks}`)
  })
  const twice = holds.find(({ lock }, i) => holds.findIndex((one) => one.lock === lock) < i)
  if (twice !== undefined) throw new UsageError(`--hold ${twice.lock}: is given twice`)
  return holds
}

/** The fault that is asked for, if any. Throws UsageError. */
export function faultOf(flags: StormFlags): Fault | undefined {
  if (flags.testFault === undefined) return undefined
  const fault = parseFault(flags.testFault)
  if (fault === undefined) throw badValue('--test-fault', flags.testFault, FAULT_SYNTAX)
  return fault
}

function cpusOf(texts: readonly string[] | undefined): number[] {
  if (texts === undefined) return [...D.cpus]
  const list = items(texts)
  if (list.length === 0) throw badValue('--cpus', texts.join(), `whole numbers from 1 to ${NR_CPUS}`)
  const numbers = list.map((text) => integer('--cpus', text, 1, NR_CPUS))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

function strategiesOf(texts: readonly string[] | undefined): string[] {
  const list = items(texts ?? ['all']).flatMap((name) => (name === 'all' ? ALL_STRATEGIES : [name]))
  const unknown = list.find((name) => !KNOWN_STRATEGIES.includes(name))
  if (list.length === 0 || unknown !== undefined) {
    const accepted = `all, or any of ${KNOWN_STRATEGIES.join(', ')}`
    throw badValue('--strategies', unknown ?? "''", accepted + didYouMean(unknown ?? '', KNOWN_STRATEGIES))
  }
  return [...new Set(list)]
}

function cost(flag: string, text: string): VendorPlan['create'] {
  const found = parseCost(text)
  if (found === undefined) throw badValue(flag, text, COST_SYNTAX)
  return found
}

function vendorsOf(flags: StormFlags): VendorPlan[] {
  const { vendor, vendorCreate, vendorRemove } = flags
  const apart = vendorCreate !== undefined || vendorRemove !== undefined
  const labels = items(vendor ?? (apart ? ['none'] : D.vendors.map((one) => one.label)))
  if (labels.length === 0) throw badValue('--vendor', "''", COST_SYNTAX)
  return [...new Set(labels)].map((label) => {
    const both = cost('--vendor', label)
    if (!apart) return vendorPlan(label, both, both)
    const create = vendorCreate ?? label
    const remove = vendorRemove ?? label
    return vendorPlan(
      `create ${create}, remove ${remove}`,
      cost('--vendor-create', create),
      cost('--vendor-remove', remove),
    )
  })
}

function baselineOf(name: string | undefined, strategies: readonly string[]): string {
  if (name !== undefined) return oneOf('--baseline', name, strategies)
  return strategies.find((one) => one === D.baseline) ?? (strategies[0] as string)
}

function budgetOf({ budget, rounds }: StormFlags): number {
  if (budget !== undefined) return integer('--budget', budget, 0, 1_000_000)
  return rounds === undefined ? D.budgetS : 0
}
