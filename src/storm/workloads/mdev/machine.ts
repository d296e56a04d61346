/**
 * The machine of one strategy: how large, what it is told, and how long the watchdog waits.
 */
import { filesOf } from '../../../define/brought.ts'
import { mdevLockSlots } from '../../../machine/mdev_names.ts'
import { BOOT_BUDGET_MS, type MachinePlan } from '../../../machine/plan.ts'
import type { Patience } from '../../../machine/watchdog.ts'
import type { StormPlan, VendorCost } from '../../../results/storm.ts'
import { longerMs } from '../../holds.ts'
import type { StormMachine } from './kernel.ts'
import { arenaBytes, capacityOf, machineCpus } from './size.ts'
import { fragile } from './strategies.ts'

const PROGRAM = new URL('./program.js', import.meta.url).href
/** No heartbeat for so long, on top of the vendor's time: stuck. Milliseconds. */
const HANG_MS = 4_000
/** The same for a strategy that is expected to get stuck. */
const FRAGILE_HANG_MS = 2_500
/**
 * The same for a real tree, whose locks nobody here can see: all devices may stand behind one. So long a boot may take, too: it may be a
 * kernel under software emulation, where threads start slowly.
 */
const REAL_HANG_MS = 300_000
/** Heartbeats of a round, by far more than it needs: a time would end it on a busy machine, however far it got. */
const ROUND_BEATS = 1_000_000
/** The same for each operation. */
const OPERATION_BEATS = 1_000

/** Longest time of one operation, milliseconds. An exponential time has no bound; what exceeds it once in e^20 will do. */
function longestMs(cost: VendorCost): number {
  return (cost.ns / 1e6) * (cost.distribution === 'exponential' ? 20 : 1)
}

function vendorMs(plan: StormPlan): number {
  return Math.max(...plan.vendors.flatMap((vendor) => [longestMs(vendor.create), longestMs(vendor.remove)]))
}

/** How long the watchdog waits under a plan, per strategy. */
function patienceFor(plan: StormPlan, strategy: string): Patience {
  const paused = (plan.staggerNs ?? 0) / 1e6
  const vendor = paused + vendorMs(plan) + longerMs(plan.holds ?? [], machineCpus(plan))
  const operations = 2 * plan.parents * plan.devices
  return {
    hangMs:
      plan.driver === 'real'
        ? REAL_HANG_MS
        : (fragile(strategy, plan) ? FRAGILE_HANG_MS : HANG_MS) + 2 * vendor,
    damagedMs: 700 + 2 * vendor,
    budgetMs: Infinity,
    budgetBeats: ROUND_BEATS + operations * OPERATION_BEATS,
  }
}

/** Longest time that one more CPU may take to boot, on a busy computer of one core. */
const BOOT_MS_PER_CPU = 1000

/** The machine that runs a strategy. */
export function machineOf(
  plan: StormPlan,
  strategy: string,
  {
    fault,
    ...rest
  }: Pick<StormMachine, 'id' | 'kernel' | 'tree'> & { readonly fault: StormMachine['fault'] | undefined },
): MachinePlan {
  const cpus = machineCpus(plan)
  const arg: StormMachine = {
    ...rest,
    plan,
    strategy,
    cpus,
    capacity: capacityOf(plan),
    ...(fault !== undefined && { fault }),
  }
  return {
    name: strategy,
    cpus,
    arenaBytes: arenaBytes(plan),
    program: PROGRAM,
    arg,
    lockSlots: mdevLockSlots(plan.parents),
    patience: patienceFor(plan, strategy),
    bootMs: plan.driver === 'real' ? REAL_HANG_MS : BOOT_BUDGET_MS + cpus * BOOT_MS_PER_CPU,
    files: filesOf('strategy', [strategy]),
  }
}
