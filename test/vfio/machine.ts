import { start_kernel, type BootOptions } from '#lockstorm/drivers/index'
import { createArena } from '#lockstorm/mem/index'
import { STRATEGIES } from '#lockstorm/mdev/index'
import { printk_records, uevent_records } from '#lockstorm/kernel/index'

/** Names of all strategies. */
export const strategies = STRATEGIES.map((strategy) => strategy.name)
export const guarded = STRATEGIES.filter((strategy) => strategy.gate.guarded).map((strategy) => strategy.name)

/** Boots a kernel with mdev and vfio; this thread is CPU 0. */
export function boot(strategy: string, options: Partial<BootOptions> = {}, cpus = 9): SharedArrayBuffer {
  const sab = createArena(32 * 1024 * 1024, cpus)
  const ret = start_kernel({
    strategy,
    driver: 'mtty',
    parents: 2,
    secondOrder: true,
    seed: 1,
    vfio: true,
    ...options,
  })
  if (ret !== 0) throw new Error(`start_kernel: ${ret}`)
  return sab
}

/** The n-th uuid of the tests. */
export function uuid(n: number): string {
  return `83b8f4f2-509f-382f-3c1e-${n.toString(16).padStart(12, '0')}`
}

/** Path of the `create` file of a parent's first type. */
export function createFile(parent = 0): string {
  return `/sys/class/mdev_bus/mtty${parent === 0 ? '' : parent}/mdev_supported_types/mtty-1/create`
}

/** Path of a device on the bus. */
export function devDir(id: string): string {
  return `/sys/bus/mdev/devices/${id}`
}

/** Lines of the log. */
export function log(): string[] {
  return printk_records().map((record) => record.text)
}

/** Uevents as `action subsystem path-end`. */
export function uevents(from = 0): string[] {
  return uevent_records(from).map((one) => `${one.action} ${one.subsystem} ${one.devpath.split('/').at(-1)}`)
}
