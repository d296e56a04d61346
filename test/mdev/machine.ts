import { start_kernel, type BootOptions } from '#lockstorm/drivers/index'
import { createArena } from '#lockstorm/mem/index'
import { STRATEGIES } from '#lockstorm/mdev/index'

/** Names of all strategies. */
export const strategies = STRATEGIES.map((strategy) => strategy.name)
/** Those of history, whose flaws are wanted, and those whose gate keeps their parents whole. */
export const guarded = STRATEGIES.filter((strategy) => strategy.gate.guarded).map((strategy) => strategy.name)

/** Boots a kernel with this thread as CPU 0. */
export function boot(strategy: string, options: Partial<BootOptions> = {}, cpus = 9): SharedArrayBuffer {
  const sab = createArena(16 * 1024 * 1024, cpus)
  const ret = start_kernel({ strategy, driver: 'vgpu', parents: 2, secondOrder: true, seed: 1, ...options })
  if (ret !== 0) throw new Error(`start_kernel: ${ret}`)
  return sab
}

/** The n-th uuid of the tests. */
export function uuid(n: number): string {
  return `83b8f4f2-509f-382f-3c1e-${n.toString(16).padStart(12, '0')}`
}

/** Path of a parent's type directory. */
export function typeDir(parent: number, type = 'nvidia-35'): string {
  return `/sys/class/mdev_bus/gpu${parent}/mdev_supported_types/${type}`
}

/** Path of a device on the bus. */
export function devDir(id: string): string {
  return `/sys/bus/mdev/devices/${id}`
}
