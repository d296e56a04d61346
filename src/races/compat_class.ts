/**
 * The first two parents of a machine are registered at once.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   mdev_register_parent()
 *     if (!mdev_bus_compat_class)
 *                                           mdev_register_parent()
 *                                             if (!mdev_bus_compat_class)
 *                                               class_compat_register("mdev_bus")
 *       class_compat_register("mdev_bus")
 *       /* cannot create duplicate filename '/class/mdev_bus' *\/   = -ENOMEM
 *
 * Why      until 89345d5177aa (6.1) the lock of the list of parents was around it, and the list went with its lock. Found by a machine
 *          that probes its cards in parallel, and repaired by ff598081e5b9 (6.5): the class is made when the module is loaded.
 */
import { parent_register } from '../drivers/index.ts'
import { mdev_compat_unmake } from '../mdev/index.ts'
import { unregister } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const compat_class: Scenario = {
  name: 'compat-class',
  title: 'the first two parents of a machine are registered at once',
  source: 'Eric Farman, 26 June 2023: 20230626133642.2939168-1-farman@linux.ibm.com',
  symptom: 'a warning about the duplicate filename /class/mdev_bus, and ENOMEM for one parent',
  fix: 'the class is made when the module is loaded (ff598081e5b9, 6.5)',
  boot: { parents: 2 },
  setup() {
    const ret = unregister(0) || unregister(1)
    if (ret === 0) mdev_compat_unmake()
    return ret
  },
  cpus: [() => parent_register(0), () => parent_register(1)],
  schedule: [step(0, 'mdev_compat_make:none'), step(1, END), step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers.includes('ENOMEM') }),
  expect: ({ compatUnlocked }) => (compatUnlocked ? happens('ENOMEM ok', 'warning') : prevented('ok ok')),
}
