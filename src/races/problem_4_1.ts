/**
 * Problem 4, issue 1: a child is created while its parent goes, and is left behind.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   mdev_unregister_device()
 *     device_for_each_child()
 *       mdev_device_remove_cb()
 *         mdev_device_remove()
 *                                           create_store()
 *                                             mdev_device_create()   [...]
 *                                               device_register()
 *     parent_remove_sysfs_files()
 *     /* BUG: device added by cpu-1 whose parent is getting removed. *\/
 *
 * Why      the walk over the children sees a device only when its device_add is over, so the window is the whole of create.
 */
import { openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate, onBus, unregister } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const problem_4_1: Scenario = {
  name: 'problem-4-1',
  title: 'a child is created while its parent is unregistered, and is left behind',
  source: 'problem 4 issue 1: Parav Pandit, March 2019',
  symptom: 'BUG: device added whose parent is getting removed',
  fix: 'create fails with ENODEV once unregistration has begun, which waits for those that began before',
  cpus: [() => unregister(0), () => echoCreate()],
  schedule: [
    step(1, 'mdev_device_create:claimed'),
    step(0, 'mdev_unregister_device:walked'),
    step(1, END),
    step(0, END),
  ],
  check() {
    const leaked = onBus()
    return {
      happened: leaked,
      broken: leaked ? ['a device is on the bus whose parent is not registered'] : [],
    }
  },
  inAnyOrder: openedAhead(() => unregister(0), createEcho()),
  expect: ({ gate }) => {
    if (!gate.guarded) return happens('ok ok', 'invariants')
    // Inside the gate before it claims its uuid: unregistration waits for it, and removes the device.
    return prevented(gate.entersFirst ? 'ok ok' : 'ok ENODEV')
  },
}
