/**
 * The stale `remove` file: a removal that came too late makes its file again, on a device that is gone.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     kernfs_remove_self()
 *     [...]                                 mdev_unregister_device()
 *                                             mdev_device_remove()
 *     mdev_device_remove()   = -ENODEV
 *     device_create_file()
 *     /* WARNING: sysfs_create_file_ns *\/
 *
 * Why      before 5.2 (5715c4dd66a3) a vendor could refuse, so a failed removal restored its file, whatever the reason of the failure.
 */
import { warning_count } from '../kernel/index.ts'
import { echoCreate, echoRemove, unregister } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const stale_remove_file: Scenario = {
  name: 'stale-remove-file',
  title: 'a removal that loses against the parent makes its remove file again',
  source:
    'a follow-up of the mails of March 2019: vfio/mdev: Avoid creating sysfs remove file on stale device removal (5.2)',
  symptom: 'WARNING: fs/sysfs/file.c sysfs_create_file_ns, called from remove_store',
  fix: 'the file stays gone: whoever won removes the device',
  setup: () => echoCreate(),
  cpus: [() => echoRemove(), () => unregister(0)],
  schedule: [step(0, 'leave kernfs_remove_self'), step(1, END), step(0, END)],
  check: () => ({ happened: warning_count() > 0 }),
  expect: ({ sequence }) =>
    sequence.vendorMayRefuse ? happens('ENODEV ok', 'warning') : prevented('ENODEV ok'),
}
