/**
 * Problem 1: a device is opened while it is half made.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdev_device_create()
 *       device_register()
 *       vfio_mdev_probe()
 *         ...creates char device
 *       [...]                               vfio_mdev_open()
 *                                             vfio_ap_mdev_open()
 *                                               matrix_mdev = NULL
 *       parent->ops->create()
 *         mdev_set_drvdata(mdev, matrix_mdev)
 *
 * Why      the device is on the bus, and with it its node, before its vendor has made it. Kirti Wankhede's answer was that users
 *          wait for the entry in sysfs; nothing makes them. This one opens as soon as the uevent tells of the node.
 */
import { sysfs_write } from '../kernel/index.ts'
import { guestOpens, makeGuest } from './kit/guest.ts'
import { UUID } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

const CREATE = '/sys/class/mdev_bus/matrix/mdev_supported_types/vfio_ap-passthrough/create'

export const problem_1: Scenario = {
  name: 'problem-1',
  title: 'a user opens a device whose vendor has not made it yet',
  source: 'problem 1: Parav Pandit, March 2019',
  symptom: 'BUG: unable to handle kernel NULL pointer dereference, RIP vfio_ap_mdev_open',
  fix: 'the vendor makes the device before it goes on the bus',
  boot: { driver: 'vfio_ap', parents: 1, vfio: true },
  setup: makeGuest,
  cpus: [() => sysfs_write(CREATE, UUID), guestOpens],
  schedule: [step(0, 'device_add'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers[1] === 'oops' }),
  expect: ({ sequence }) => {
    const late = sequence.fileWhenMade === true
    if (sequence.showsUnmade && !late) return happens('ok oops', 'oops')
    // The node comes with the last step of the driver's probe, or after it: it is not there yet.
    return prevented(sequence.vendorIsDriver || late ? 'ok ENOENT' : 'ok ok')
  },
}
