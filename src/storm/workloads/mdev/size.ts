/**
 * How large an arena a plan needs, and whether the computer can run the plan at all.
 */
import { availableParallelism } from 'node:os'
import { counted } from '../../../base/plural.ts'
import { FLOOR, type StormPlan } from '../../../results/storm.ts'
import { machineBytes } from '../../../machine/globals.ts'
import { mdevLockSlots } from '../../../machine/mdev_names.ts'
import { arenaOverheadBytes } from '../../../mem/arena.ts'
import { kernfs_bucket_count } from '../../../kernel/kernfs/node.ts'
import { sharded_words } from '../../../mdev/namespaces/sharded.ts'
import { areaWords, PHASES } from './area.ts'
import { mostOperations } from './operations.ts'

/** Warm-up rounds of a plan with hotplug, whose machines may break in each of them. */
export const HOTPLUG_WARM_UP = 10
/** Kernel without parents: rings, tables, caches. */
const KERNEL_BYTES = 3 << 20
/** Slab magazines, which keep up to 28 objects of each cache, per CPU. */
const CPU_BYTES = 192 << 10
const PARENT_BYTES = 64 << 10
/** An mdev with its kobjects, kernfs nodes, links (1.2 KB measured). */
const DEVICE_BYTES = 4 << 10
/** A parent that is plugged in: its vendor's memory is never given back (17 bytes measured). */
const PLUG_BYTES = 128
/** Words of a record of the work gauge. */
const WORK_WORDS = 6
/** Resident memory of a worker with its heap, roughly (8 to 13 MB measured, idle). */
export const WORKER_BYTES = 16 << 20

/** CPUs of each machine of the plan. */
export function machineCpus(plan: StormPlan): number {
  return Math.max(...plan.cpus)
}

/** Who runs in each round, in turn: every strategy, then the control. */
export function lanesOf({ strategies }: StormPlan): readonly string[] {
  return [...strategies, FLOOR]
}

/** Most operations per CPU and phase, whatever the number of CPUs that take part. */
export function capacityOf(plan: StormPlan): number {
  return Math.max(...plan.cpus.map((cpus) => mostOperations(plan, cpus)))
}

/** Bytes of one arena. */
export function arenaBytes(plan: StormPlan): number {
  if (plan.arenaBytes > 0) return plan.arenaBytes
  const cpus = machineCpus(plan)
  const capacity = capacityOf(plan)
  const devices = plan.parents * plan.devices
  const runs = (HOTPLUG_WARM_UP + plan.rounds * plan.vendors.length) * plan.cpus.length
  const plugs = runs * (plan.hotplug > 0 ? 2 * devices * plan.hotplug + 8 : 0)
  return (
    arenaOverheadBytes(cpus) +
    machineBytes(cpus, mdevLockSlots(plan.parents)) +
    4 * areaWords(cpus, capacity) +
    4 * WORK_WORDS * PHASES * capacity * cpus +
    KERNEL_BYTES +
    cpus * CPU_BYTES +
    plan.parents * PARENT_BYTES +
    2 * devices * DEVICE_BYTES +
    4 * (kernfs_bucket_count(devices) + sharded_words(devices)) +
    plugs * PLUG_BYTES
  )
}

function gb(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`
}

/**
 * CPUs that a core carries: each is a thread that compiles its own code before it measures anything. Beyond, a storm is one of
 * compilers: its warm-up does not end in any time that a person waits.
 */
const CPUS_PER_CORE = 64

/** Most CPUs of a machine on a computer of so many cores. */
export function mostCpus(cores: number): number {
  return CPUS_PER_CORE * cores
}

/** Why this computer cannot run the plan; undefined if it can. */
export function whyTooBig(plan: StormPlan): string | undefined {
  const machines = lanesOf(plan).length
  const cpus = machineCpus(plan)
  const cores = availableParallelism()
  if (cpus > mostCpus(cores)) {
    return (
      `${counted(cores, 'core')} can carry ${mostCpus(cores)} CPUs and not ${cpus}: each is a thread that compiles its own code, ` +
      'and beyond that little else would be measured'
    )
  }
  const need = machines * arenaBytes(plan) + cpus * WORKER_BYTES
  const have = process.availableMemory()
  if (need <= have) return undefined
  return `${machines} arenas and ${cpus} workers need about ${gb(need)} of memory, and ${gb(have)} are free`
}
