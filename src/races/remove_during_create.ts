/**
 * A removal meets the creation of its device.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdev_device_create()
 *       device_register()
 *       [...]                               mdev_device_remove()   = -EAGAIN
 *       active = true;
 *
 * Why      a placeholder reserves the uuid before the device is complete; the flag tells it from a device.
 */
import { echoCreate, onBus, removeInKernel } from './kit/shell.ts'
import { END, prevented, step, type Scenario } from '../define/race.ts'

export const remove_during_create: Scenario = {
  name: 'remove-during-create',
  title: 'a device is removed while it is being created',
  source:
    'Alex Williamson, May 2018: "differentiate a mdev device placeholder for namespace protection for an active device"',
  symptom: 'none: EAGAIN',
  fix: 'the flag `active`',
  cpus: [() => echoCreate(), () => removeInKernel()],
  schedule: [step(0, 'leave device_add'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers[0] !== 'ok' || (answers[1] === 'ok') === onBus() }),
  expect: ({ namespace }) => {
    // It waits for the lock of the namespace, and then removes a complete device.
    if (namespace.serialises === 'everything') return prevented('ok ok')
    return prevented(namespace.listsUnfinished ? 'ok EAGAIN' : 'ok ENODEV')
  },
}
