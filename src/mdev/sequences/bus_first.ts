/**
 * bus_first: the device goes on the bus, then the vendor makes it; the vendor removes it, then it leaves the bus.
 *
 * Known flaw   between device_add and the vendor's create anybody can open a device that is half made (problem 1), and a
 *              bus driver probes it (problem 3). Remove is not the mirror of create (problem 2): the vendor's side is
 *              gone while the device can still be used, so the vendor may refuse (-EBUSY), unless the parent goes.
 * Source       7b96953bc640 (4.10), until 5715c4dd66a3 (5.2)
 */
import type { Sequence } from './sequence.ts'
import {
  remove_from_bus,
  remove_sysfs_files,
  step_device_add,
  step_sysfs_files,
  step_vendor_create,
} from './steps.ts'

export const bus_first: Sequence = {
  name: 'bus_first',
  create: [step_device_add, step_vendor_create, step_sysfs_files],
  showsUnmade: true,
  vendorMayRefuse: true,
  remove: [remove_sysfs_files, remove_from_bus],
  vendorIsDriver: false,
  pinsType: false,
}
