/**
 * A parent is registered again while it is being unregistered.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   mdev_unregister_device()
 *     list_del(&parent->next)
 *     [...] a slow removal                  mdev_register_device()
 *                                             /* not in parent_list *\/
 *                                             kobject_create_and_add("mdev_supported_types")
 *                                             /* cannot create duplicate filename *\/   = -ENOMEM
 *
 * Why      since 5.2 (5715c4dd66a3) parent_list_lock is dropped as soon as the parent is off the list; its directory is still there.
 */
import { duplicate_count } from '../kernel/index.ts'
import { parent_register } from '../drivers/index.ts'
import { echoCreate, unregister } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const register_again: Scenario = {
  name: 'register-again',
  title: 'a parent is registered again while it is being unregistered',
  source: 'found by analysis of 5.2',
  symptom: 'ENOMEM and a warning about a duplicate filename',
  fix: 'ours: the parent stays listed until nothing of it is left, and who meets it is told EBUSY',
  setup: () => echoCreate(),
  cpus: [() => unregister(0), () => parent_register(0)],
  schedule: [step(0, 'enter device_del'), step(1, END), step(0, END)],
  check: () => ({ happened: duplicate_count() > 0 }),
  expect: ({ gate }) => {
    if (!gate.guarded) return prevented('ok ok')
    // In two halves the parent stays listed, as one that is going.
    return gate.close === undefined ? happens('ok ENOMEM', 'warning') : prevented('ok EBUSY')
  },
}
