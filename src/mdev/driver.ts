/**
 * What a vendor driver supplies to the mdev core.
 *
 * The core reaches the vendor through parent->ops, two words in the vendor's memory. A vendor that goes away poisons
 * them; reading them then is the page fault of the 2019 thread, reported as an oops.
 */
import { read, READ_ONCE } from '#access'
import { NULL, type Addr } from '../base/addr.ts'
import { OpsTable } from '../base/ops.ts'
import { oops } from '../kernel/oops.ts'
import { mdev_parent, mdev_parent_ops, OPS_POISON } from './types.ts'

/** One kind of device a vendor offers; becomes the directory `<driver>-<sysfs_name>`. */
export interface VendorType {
  readonly sysfs_name: string
  /** Human-readable name; the attribute `name`. */
  readonly name: string
  readonly description: string
  /** Attribute `device_api`: `vfio-pci`. */
  readonly device_api: string
}

/** Operations of a vendor driver. `data` is the vendor's object for the parent. Contexts: process, may sleep. */
export interface VendorOps {
  /** Driver name: the first half of the type directory's name. */
  readonly name: string
  readonly types: readonly VendorType[]
  /** Devices of a parent, whatever their type: where the core counts, it answers -EUSERS. Without it the vendor counts. */
  readonly max_instances?: number
  /** Makes the vendor's side of a device. Returns 0 or a negative errno, for example -ENOSPC. */
  create(mdev: Addr<'mdev_device'>, data: number, type: number): number
  /**
   * Removes it, or answers -EBUSY and leaves everything as it was. It is not told why it is asked: where the parent goes, or
   * where the device is off its bus already, the core ignores the answer, and what the vendor has kept is lost.
   */
  remove(mdev: Addr<'mdev_device'>, data: number, type: number): number
  /** A user opens the device for the first time: 0 or a negative errno. Without it the device cannot be opened. */
  open?(mdev: Addr<'mdev_device'>, data: number): number
  /** The last user has closed it. */
  release?(mdev: Addr<'mdev_device'>, data: number): void
  /** The device is to be removed and in use: asks its user to let go, for the count-th time. Since 5.11 (a15ac665b9e9). */
  request?(mdev: Addr<'mdev_device'>, data: number, count: number): void
  /** Devices of the type that could be made now; advisory. */
  available(data: number, type: number): number
  /** Digits of the alias that each device gets (alias.ts), 0 for none. Missing: none. */
  get_alias_length?(data: number): number
}

/** All vendor drivers, by the id that parent->ops holds. */
export const vendors = new OpsTable<VendorOps>('mdev_parent_ops')

const OPS = mdev_parent.offset.ops
const TABLE = mdev_parent_ops.offset.ops
const DATA = mdev_parent_ops.offset.data

/** Operations of the parent's vendor. Raises an oops when the vendor is gone. */
export function parent_ops(parent: Addr<'mdev_parent'>): VendorOps {
  const table = read(parent + OPS)
  const id = READ_ONCE(table + TABLE)
  // On behalf of the caller: it is his instruction that reads the vendor's memory.
  if (id === OPS_POISON || id === 0) oops('BUG: unable to handle kernel paging request at', table, NULL, 1)
  return vendors.get(id)
}

/** The vendor's object of the parent. */
export function parent_data(parent: Addr<'mdev_parent'>): number {
  return READ_ONCE(read(parent + OPS) + DATA)
}
