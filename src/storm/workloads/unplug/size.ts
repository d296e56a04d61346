/**
 * How large the arenas of an unplug storm are, and whether the computer can run it.
 */
import { arenaOverheadBytes } from '../../../mem/arena.ts'
import { machineBytes } from '../../../machine/globals.ts'
import { LOCK_SLOTS } from '../../../machine/plan.ts'
import { GADGET_MAX, gadget } from '../../../fences/index.ts'
import type { UnplugPlan } from '../../../results/unplug.ts'
import { unplugAreaWords } from './area.ts'
import { OTHER_CPUS } from './program.ts'

/** Kernel without devices: rings, tables, caches, interrupts. */
const KERNEL_BYTES = 4 << 20
/** Slab magazines and per-CPU data, per CPU. */
const CPU_BYTES = 256 << 10
/** Resident memory of a worker with its heap, roughly. */
const WORKER_BYTES = 16 << 20

/** Bytes of one arena. */
export function unplugArenaBytes({ cpus, sleepers }: UnplugPlan): number {
  const all = OTHER_CPUS + cpus + sleepers
  return (
    arenaOverheadBytes(all) +
    machineBytes(all, LOCK_SLOTS) +
    4 * unplugAreaWords(all) +
    KERNEL_BYTES +
    all * CPU_BYTES +
    4 * GADGET_MAX * gadget.words
  )
}

/** Why the computer cannot run the plan; undefined if it can. */
export function whyUnplugTooBig(plan: UnplugPlan): string | undefined {
  const all = OTHER_CPUS + plan.cpus + plan.sleepers
  const need = plan.fences.length * unplugArenaBytes(plan) + all * WORKER_BYTES
  const have = process.availableMemory()
  if (need <= have) return undefined
  const gb = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`
  return `${plan.fences.length} arenas and ${all} workers need about ${gb(need)} of memory, and ${gb(have)} are free`
}
