/**
 * The machine behind a mount: what it boots, and how large its arena is.
 */
import { ENOMEM } from '../base/errno.ts'
import { COST_CREATE, COST_REMOVE, set_cost } from '../drivers/cost.ts'
import { start_kernel, type BootOptions } from '../drivers/start_kernel.ts'
import { machineBytes } from '../machine/globals.ts'
import { mdevLockSlots, registerParentLocks, registerSystemLocks } from '../machine/mdev_names.ts'
import { arenaOverheadBytes } from '../mem/arena.ts'
import { hotplug_init } from './hotplug.ts'

/** Kind, nanoseconds and distribution of a vendor's operation, as the driver keeps them. */
export type CostWords = readonly [kind: number, ns: number, distribution: number]

/** What is booted. */
export interface MountBoot extends Pick<BootOptions, 'strategy' | 'driver' | 'parents' | 'seed'> {
  readonly cost: CostWords
}

/** Kernel with its rings and tables; per CPU slab magazines; per parent its types and as many devices as it may have. */
const KERNEL_BYTES = 16 << 20
const CPU_BYTES = 192 << 10
const PARENT_BYTES = 512 << 10

/** Bytes of the arena. */
export function mountBytes({ parents }: MountBoot, cpus: number): number {
  return (
    arenaOverheadBytes(cpus) +
    machineBytes(cpus, mdevLockSlots(parents)) +
    KERNEL_BYTES +
    cpus * CPU_BYTES +
    parents * PARENT_BYTES
  )
}

/** Boots. CPU 0, alone. Returns 0 or a negative errno. */
export function bootMount({ cost, ...options }: MountBoot): number {
  const ret = start_kernel({ ...options, secondOrder: true })
  if (ret !== 0) return ret
  set_cost(COST_CREATE, ...cost)
  set_cost(COST_REMOVE, ...cost)
  registerSystemLocks()
  registerParentLocks(options.parents)
  return hotplug_init()
}

/** What a boot that failed says. */
export function whyNotBooted(ret: number): string {
  return ret === -ENOMEM ? 'the machine does not fit into its arena' : `the machine does not boot: ${ret}`
}
