/**
 * A user who is faster than create: `remove` is there before the device is complete.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdev_device_create()
 *       device_add()
 *       [...]                               remove_store()
 *                                             kernfs_remove_self()
 *                                             mdev_device_remove()   = -EAGAIN
 *       active = true;
 *       /* a device without a remove file *\/
 *
 * Why      since 5.19 (2aa72ec97ce9) the file is an attribute of the device and comes with device_add; it removes itself before it is known
 *          whether the device may be removed, and is not made again. The device then goes only with its parent.
 */
import { echoCreate, echoRemove, names, onBus, UUID } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const quick_remove: Scenario = {
  name: 'quick-remove',
  title: 'a user removes a device whose creation is not over',
  source: 'found by analysis of 6.1: the reverse of problem 2 of the mails of March 2019',
  symptom: 'EAGAIN, and the device has no remove file any more',
  fix: 'before 5.19 (2aa72ec97ce9) the file was made last; ours: the file stays if the device is not finished',
  cpus: [() => echoCreate(), () => echoRemove()],
  schedule: [step(0, 'leave device_add'), step(1, END), step(0, END)],
  check: () => ({ happened: onBus() && !names(`/sys/bus/mdev/devices/${UUID}`).includes('remove') }),
  elsewhere: ({ gate, namespace }) =>
    gate.guarded && namespace.unfinished === undefined
      ? 'the file is there before the device is active; it is a matter of how long'
      : undefined,
  expect: ({ removeIsAttribute }) => (removeIsAttribute ? happens('ok EAGAIN') : prevented('ok ENOENT')),
}
