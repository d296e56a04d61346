/**
 * vendor_first: the vendor makes the device before anybody can see it; it leaves the bus before the vendor removes it.
 *
 * Invariant   remove is the mirror of create. Whoever can see a device finds the vendor's side complete.
 * Context     device_del may block for as long as somebody uses the device; the vendor's remove cannot refuse.
 * Source      vfio/mdev: Improve the create/remove sequence, the first of three patches that end with 5715c4dd66a3 (5.2)
 */
import type { Sequence } from './sequence.ts'
import {
  remove_by_vendor,
  remove_from_bus,
  remove_sysfs_files,
  step_device_add,
  step_sysfs_files,
  step_vendor_create,
} from './steps.ts'

export const vendor_first: Sequence = {
  name: 'vendor_first',
  create: [step_vendor_create, step_device_add, step_sysfs_files],
  showsUnmade: false,
  vendorMayRefuse: false,
  remove: [remove_sysfs_files, remove_from_bus, remove_by_vendor],
  vendorIsDriver: false,
  pinsType: false,
}
