/**
 * Problem 4, issue 2: create adds sysfs files to a device that is being removed, in directories that are being removed.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdev_device_create()   [...]
 *       device_register()
 *   [...]                                   mdev_unregister_device()
 *                                             device_for_each_child()
 *                                               mdev_device_remove_cb()
 *                                                 mdev_device_remove()
 *       mdev_create_sysfs_files()
 *       /* BUG: create is adding sysfs files for a device which is undergoing removal. *\/
 *                                             parent_remove_sysfs_files()
 *
 * Why      the walk skips the half-made child; the directory of its type is removed before the `create` file, through which
 *          the creator runs, is waited for.
 */
import { openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate, onBus, unregister } from './kit/shell.ts'
import { mdevsLeft } from './kit/left.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const problem_4_2: Scenario = {
  name: 'problem-4-2',
  title: 'create adds sysfs files while the parent removes the directories they belong to',
  source: 'problem 4 issue 2: Parav Pandit, March 2019',
  symptom: 'BUG: create is adding sysfs files for a device which is undergoing removal',
  fix: 'unregistration waits until every create that began before is over',
  cpus: [() => echoCreate(), () => unregister(0)],
  schedule: [step(0, 'leave device_add'), step(1, END), step(0, END), step(1, END)],
  check({ answers }) {
    return { happened: answers[0] !== 'ok' || onBus() }
  },
  inAnyOrder: {
    ...openedAhead(createEcho(), () => unregister(0)),
    check: () => ({ happened: onBus(), broken: mdevsLeft(0) }),
  },
  // A create after the unregistration fails as well, and rightly so.
  free: false,
  expect: ({ gate, namespace }) => {
    // The walk waits for the lock of the namespace, and then removes a complete device.
    const safe = gate.guarded || namespace.serialises === 'everything'
    // Otherwise the creator runs in directories that are gone, and its create fails.
    return safe ? prevented('ok ok') : happens('ENOENT ok')
  },
}
