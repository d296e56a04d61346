/**
 * The drivers a storm can use: what their parents are called and how many devices fit on one.
 */
import { MTTY_PARENTS, MTTY_PORTS } from '../drivers/mtty/mtty.ts'
import { parent_kinds } from '../drivers/parents.ts'
import { SYNTHETIC_DEVICES, SYNTHETIC_PARENTS } from '../drivers/synthetic/synthetic.ts'
import { VGPU_PARENTS, VGPU_UNITS } from '../drivers/vgpu/vgpu.ts'
import { vendors } from '../mdev/driver.ts'
import type { StormPlan } from '../results/storm.ts'

/** Drivers of the emulation. */
export type Driver = Exclude<StormPlan['driver'], 'real'>

const KINDS: Readonly<Record<Driver, number>> = {
  vgpu: VGPU_PARENTS,
  mtty: MTTY_PARENTS,
  synthetic: SYNTHETIC_PARENTS,
}

/** Devices of the smallest type that one parent holds. */
export const CAPACITY: Readonly<Record<Driver, number>> = {
  vgpu: VGPU_UNITS,
  mtty: MTTY_PORTS,
  synthetic: SYNTHETIC_DEVICES,
}

/** Number of types that each parent of the driver offers. */
export function typeCount(driver: Driver): number {
  return vendors.get(parent_kinds.get(KINDS[driver]).ops).types.length
}

/** Path of the file `create` of a parent's smallest type. */
export function createPath(driver: Driver, parent: number): string {
  const kind = parent_kinds.get(KINDS[driver])
  const { name, types } = vendors.get(kind.ops)
  return `/sys/class/mdev_bus/${kind.deviceName(parent)}/mdev_supported_types/${name}-${types[0]?.sysfs_name}/create`
}

/** The driver of a plan that is not about a real tree. */
export function emulated({ driver }: Pick<StormPlan, 'driver'>): Driver {
  if (driver === 'real') throw new Error('what is behind a real tree is not known')
  return driver
}
