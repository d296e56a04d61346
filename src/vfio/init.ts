/**
 * Start of vfio on the boot CPU: the IOMMU's groups, vfio itself, and its driver on the mdev bus where the strategy wants one.
 *
 * Context   the boot CPU, alone, after mdev_init and before the first parent.
 */
import { write } from '#access'
import { EINVAL } from '../base/errno.ts'
import { KERN_INFO, printk } from '../kernel/printk.ts'
import { static_name } from '../kernel/static_name.ts'
import { strategy } from '../mdev/core.ts'
import { mdev_register_driver } from '../mdev/init.ts'
import { vfio_globals_init, vfio_root } from './globals.ts'
import { iommu_init } from './iommu_group.ts'
import { groupNotifierId } from './notifier/index.ts'
import { group_notifiers } from './notifier/notifier.ts'
import { vfio_globals } from './types.ts'
import { VFIO_MDEV_DRIVER } from './vfio_mdev.ts'

/** What a machine may choose about its vfio. */
export interface VfioOptions {
  /** Member of the notifier family; `after`, that of 5.16, unless told otherwise. */
  readonly notifier?: string
  /** Time between two requests to a user who is in the way of a removal, microseconds. The kernel's 10 s unless scaled. */
  readonly requestPeriodUs?: number
  /** With each request the user's mapping is revoked, too. Default false. */
  readonly revoke?: boolean
}

const VFIO_MDEV = static_name('vfio_mdev')
const VERSION = static_name('VFIO - User Level meta-driver version: 0.3')
const TEN_SECONDS_US = 10_000_000

/** vfio without mdev: groups, containers, devices. Returns 0, -EINVAL for an unknown notifier, or -ENOMEM. */
export function vfio_core_init(options: VfioOptions = {}, vfioDev = false): number {
  const { notifier = 'after', requestPeriodUs = TEN_SECONDS_US, revoke = false } = options
  const id = groupNotifierId(notifier)
  if (id === 0) return -EINVAL
  const ret = iommu_init() || vfio_globals_init(id, requestPeriodUs, vfioDev)
  if (ret !== 0) return ret
  write(vfio_root() + vfio_globals.offset.revoke, revoke ? 1 : 0)
  const error = group_notifiers.get(id).init()
  if (error === 0) printk(KERN_INFO, VERSION)
  return error
}

/** vfio with its driver for mdevs. Where vendors bring their own driver, it is VFIO_VENDOR_DRIVER. Returns 0 or a negative errno. */
export function vfio_init(options: VfioOptions = {}): number {
  const { coreCounts, sequence } = strategy()
  const ret = vfio_core_init(options, coreCounts)
  if (ret !== 0 || sequence.vendorIsDriver) return ret
  return Math.min(mdev_register_driver(VFIO_MDEV, VFIO_MDEV_DRIVER), 0)
}
