/**
 * Sequence: in which order a device is made known to the bus and to its vendor, and taken away again.
 *
 * Create is a list of steps, each with its undo; a step that fails has left nothing behind, and the core undoes the
 * earlier ones in reverse. Remove is a list of its own, because up to 5.1 it was not the mirror of create (problem 2
 * of the 2019 thread).
 */
import type { Addr } from '../../base/addr.ts'

type Mdev = Addr<'mdev_device'>

/** One step of create. */
export interface CreateStep {
  /** For traces: the kernel's function. */
  readonly name: string
  /** Returns 0 or a negative errno. */
  run(mdev: Mdev): number
  /** Takes it back, after a later step failed. */
  undo(mdev: Mdev): void
}

/** One step of remove. Only the steps before the commit may answer an error, and only when not forced. */
export interface RemoveStep {
  readonly name: string
  run(mdev: Mdev, force: boolean): number
}

/** What every member of the family implements. */
export interface Sequence {
  readonly name: string
  readonly create: readonly CreateStep[]
  /** Steps in which the vendor may still refuse. */
  readonly veto: readonly RemoveStep[]
  /** Steps after the point of no return; the final put of the device is the core's. */
  readonly remove: readonly RemoveStep[]
  /** True: `remove` is an attribute of the device from device_add on. False: create makes it last. */
  readonly removeIsGroup: boolean
  /** True: a device holds a reference to its type, so that a type outlives its devices. */
  readonly pinsType: boolean
}
