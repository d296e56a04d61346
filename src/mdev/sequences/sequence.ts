/**
 * Sequence: in which order a device is made known to the bus and to its vendor, and taken away again.
 *
 * Create is a list of steps, each with its undo; a step that fails has left nothing behind, and the core undoes the
 * earlier ones in reverse. Remove is a list of its own, because before 5.2 (5715c4dd66a3) it was not the mirror of create: that is
 * problem 2 of the mail of March 2019.
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

/** One step of remove, after the point of no return. */
export interface RemoveStep {
  readonly name: string
  run(mdev: Mdev): void
}

/** What every member of the family implements. */
export interface Sequence {
  readonly name: string
  readonly create: readonly CreateStep[]
  /** True: the device is on its bus, to be probed, and opened unless `fileWhenMade`, before its vendor has made it. */
  readonly showsUnmade: boolean
  /** True, where the device is shown unmade: user space gets its file when the vendor has made it, and not from the probe. */
  readonly fileWhenMade?: boolean
  /** True: the vendor is asked to remove its side first of all, and may refuse unless the parent goes. */
  readonly vendorMayRefuse: boolean
  /** Steps after the point of no return; the final put of the device is the core's. */
  readonly remove: readonly RemoveStep[]
  /** True: the vendor is a driver of the mdev bus that create binds. False: the core calls it, and one driver binds all mdevs. */
  readonly vendorIsDriver: boolean
  /** True: a device holds a reference to its type, so that a type outlives its devices. */
  readonly pinsType: boolean
}
