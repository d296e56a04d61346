/**
 * How large the machines of a growth are, and what each is told.
 */
import { filesOf } from '../../../define/brought.ts'
import { mdevLockSlots } from '../../../machine/mdev_names.ts'
import type { MachinePlan } from '../../../machine/plan.ts'
import { kernfs_bucket_count } from '../../../kernel/kernfs/node.ts'
import { sharded_words } from '../../../mdev/namespaces/sharded.ts'
import type { GrowthPlan } from '../../../results/growth.ts'
import type { StormPlan } from '../../../results/storm.ts'
import type { StormMachine } from '../mdev/kernel.ts'
import { DEFAULT_PLAN } from '../mdev/plan.ts'
import { arenaBytes, capacityOf, WORKER_BYTES } from '../mdev/size.ts'

const PROGRAM = new URL('./program.js', import.meta.url).href
/** Devices of a burst, at most: the case of the 2018 thread. */
const BURST = 128
/** A device with its kobjects, nodes and links (1.3 KB measured). */
const DEVICE_BYTES = 1600
/** One command may take long, alone with very many devices. */
const PATIENCE = { hangMs: 120_000, budgetMs: Infinity, budgetBeats: Infinity }
const BOOT_MS = 120_000

/** Devices in all, when the machines are full. */
export function total({ parents, devices }: GrowthPlan): number {
  return parents * devices
}

/** What a burst is: a round of this storm. */
export function burstPlan(plan: GrowthPlan): StormPlan {
  const { driver, parents, strategies, vendors, seed, cpus, baseline } = plan
  const devices = Math.max(1, Math.min(plan.devices, Math.floor(BURST / parents)))
  return {
    ...DEFAULT_PLAN,
    driver,
    parents,
    devices,
    strategies,
    vendors,
    seed,
    baseline,
    cpus: [cpus],
    rounds: 1,
    warmup: 0,
  }
}

/** The machine that does not grow beyond the first point. */
export function controlPlan(plan: GrowthPlan): GrowthPlan {
  return { ...plan, devices: Math.ceil((plan.points[0] as number) / plan.parents) }
}

/** Bytes of one arena. */
export function growthArenaBytes(plan: GrowthPlan): number {
  const all = total(plan)
  return (
    arenaBytes(burstPlan(plan)) + all * DEVICE_BYTES + 4 * (kernfs_bucket_count(all) + sharded_words(all))
  )
}

/** Bytes of all arenas and workers. */
export function growthBytes(plan: GrowthPlan): number {
  const arenas = plan.strategies.length * growthArenaBytes(plan) + growthArenaBytes(controlPlan(plan))
  return arenas + plan.cpus * WORKER_BYTES
}

/** The machine of one strategy. */
export function growthMachine(plan: GrowthPlan, strategy: string, id = strategy): MachinePlan {
  const burst = burstPlan(plan)
  const arg: StormMachine = {
    id,
    plan: burst,
    strategy,
    cpus: plan.cpus,
    capacity: capacityOf(burst),
    kernel: 'sysfs',
    devices: total(plan),
  }
  return {
    name: id,
    cpus: plan.cpus,
    arenaBytes: growthArenaBytes(plan),
    program: PROGRAM,
    arg,
    lockSlots: mdevLockSlots(burst.parents),
    patience: PATIENCE,
    bootMs: BOOT_MS,
    files: filesOf('strategy', [strategy]),
  }
}
