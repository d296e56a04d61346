/**
 * file_last: bus_first, with the user's file made by create when the vendor has made the device; the probe does what comes before.
 *
 * Invariant    nobody opens a device that its vendor has not made: problem 1 is gone, and create hears of a file that could not be made.
 * Known flaw   the device is probed unmade all the same, by any driver of its bus (problem 3). A driver that makes its file in its
 *              probe, as drivers do, is no better off: each has to be split. Remove is as in bus_first (problem 2).
 * Source       Kirti Wankhede, 26 March 2019: "probe() can be used for very basic initialization then create actual char device from
 *              create()". Nobody wrote it
 */
import { bus_first } from './bus_first.ts'
import type { Sequence } from './sequence.ts'
import { step_device_add, step_publish, step_sysfs_files, step_vendor_create } from './steps.ts'

export const file_last: Sequence = {
  ...bus_first,
  name: 'file_last',
  create: [step_device_add, step_vendor_create, step_publish, step_sysfs_files],
  fileWhenMade: true,
}
