/**
 * driver_probe: the vendor is an ordinary driver of the mdev bus; its probe makes the device, its remove ends it.
 *
 * Invariant   remove is the mirror of create. A probe that fails fails the create.
 * Known flaw  where `remove` is an attribute it is there from device_add on, before the device is active: a quick writer gets EAGAIN
 *             and the file is gone; the device then goes only with its parent.
 * Source      vfio/mdev: 88a21f265ce5 (5.14); `remove` as an attribute 2aa72ec97ce9 (5.19)
 */
import type { Sequence } from './sequence.ts'
import {
  remove_from_bus,
  remove_sysfs_files,
  step_device_add,
  step_driver_attach,
  step_sysfs_files,
} from './steps.ts'

export const driver_probe: Sequence = {
  name: 'driver_probe',
  create: [step_device_add, step_driver_attach, step_sysfs_files],
  showsUnmade: false,
  vendorMayRefuse: false,
  remove: [remove_sysfs_files, remove_from_bus],
  vendorIsDriver: true,
  pinsType: true,
}
