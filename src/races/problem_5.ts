/**
 * Problem 5: the user removes a device while its parent is unregistered and the vendor's module goes.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     mdev_device_remove()
 *       active = false;
 *                                           mdev_unregister_device()
 *                                             remove type
 *                                             [...]
 *       mdev_remove_ops() crashes.
 *
 * Why      the unregistering task skips a child that somebody else is removing, and waits for nobody. The parent is still
 *          there, because the device holds a reference; its operations were in the module's memory.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { parent_unplug } from '../drivers/index.ts'
import { delete_module, KERN_INFO, module_load, module_ops, printk, sysfs_write } from '../kernel/index.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { echoRemove, MTTY_TYPE, UUID } from './kit/shell.ts'
import { END, happens, prevented, staleFile, step, type Scenario } from '../define/race.ts'

const MTTY = static_name('mtty')
const UNLOADED = static_name('mtty_dev: Unloaded!')

const mtty_module = module_ops.define('mtty', {
  exit: () => {
    parent_unplug(0)
    printk(KERN_INFO, UNLOADED)
  },
})

export const problem_5: Scenario = {
  name: 'problem-5',
  title: 'a user removes a device while its parent is unregistered and the vendor module unloads',
  source: 'problem 5: Parav Pandit, March 2019',
  symptom: 'BUG: unable to handle kernel paging request, RIP mdev_device_remove_ops',
  fix: 'unregistration waits for removals in flight, and later ones get ENODEV',
  boot: { driver: 'mtty', parents: 1, vfio: true },
  setup(words) {
    const mod = module_load(qstr_of(MTTY), mtty_module)
    if (mod < 0) return mod
    write(words, mod)
    return sysfs_write(`${MTTY_TYPE}/create`, UUID)
  },
  cpus: [() => echoRemove(), (words) => delete_module(as(read(words)))],
  schedule: [step(0, 'mdev_device_remove:found'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers[0] === 'oops' }),
  expect: (strategy) => {
    const { gate, namespace } = strategy
    if (gate.guarded) return prevented('ENODEV ok', ...staleFile(strategy))
    // The forced removal waits for the lock of the namespace, and then finds nothing left to do.
    return namespace.serialises === 'everything' ? prevented('ok ok') : happens('oops ok', 'oops')
  },
}
