/**
 * Another parent comes while one is being unregistered.
 *
 *   cpu-0                        cpu-1                          cpu-2
 *   -----                        -----                          -----
 *   mdev_unregister_device()
 *     mdev_device_remove()
 *     [...] a slow removal       mdev_register_device()
 *                                  another parent
 *                                                               ls /sys/class/mdev_bus
 *
 * Why      before 5.2 (5715c4dd66a3) parent_list_lock is held over all of unregistration, however long a removal takes.
 */
import { ENOENT } from '../base/errno.ts'
import { parent_plug, parent_unplug } from '../drivers/index.ts'
import { read, write } from '#access'
import { echoCreate, names, unregister } from './kit/shell.ts'
import { mdevsLeft } from './kit/left.ts'
import { END, gated, happens, prevented, step, type Scenario } from '../define/race.ts'

export const register_stall: Scenario = {
  name: 'register-stall',
  title: 'a slow unregistration holds up the registration of another parent',
  source: 'the mails of March 2019 and the code before 5715c4dd66a3 (5.2)',
  symptom: 'no parent can come or go while one goes',
  fix: 'parent_list_lock is dropped as soon as the parent is off the list',
  setup: () => parent_unplug(1) || echoCreate(),
  cpus: [
    () => unregister(0),
    () => parent_plug(1),
    (words) => {
      const there = names('/sys/class/mdev_bus').includes('gpu1')
      write(words, there ? 1 : 0)
      return there ? 0 : -ENOENT
    },
  ],
  schedule: [step(0, 'enter device_del'), step(1, END), step(2, END), step(0, END), step(1, END)],
  check: ({ words }) => ({ happened: read(words) === 0 }),
  inAnyOrder: {
    cpus: [() => unregister(0), () => parent_plug(1)],
    check: () => ({ happened: !names('/sys/class/mdev_bus').includes('gpu1'), broken: mdevsLeft(0) }),
  },
  free: false,
  expect: gated(prevented('ok ok ok'), happens('ok ok ENOENT')),
}
