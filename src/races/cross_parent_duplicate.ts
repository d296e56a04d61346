/**
 * One uuid on two parents.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()   on parent 0
 *                                           create_store()   on parent 1, the same uuid
 *                                             device_register()
 *                                               sysfs_create_link()
 *                                               /* cannot create duplicate filename *\/
 *
 * Why      only the children of the same parent were compared, but all devices are linked into one directory of the bus.
 */
import { duplicate_count } from '../kernel/index.ts'
import { openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const cross_parent_duplicate: Scenario = {
  name: 'cross-parent-duplicate',
  title: 'the same uuid is created on two parents',
  source: 'Alex Williamson, May 2018',
  symptom: 'EEXIST with a kernel warning and stack trace: sysfs: cannot create duplicate filename',
  fix: 'look for duplicates across all parents',
  cpus: [() => echoCreate(), () => echoCreate(undefined, 1)],
  schedule: [step(0, END), step(1, END)],
  check: () => ({ happened: duplicate_count() > 0 }),
  inAnyOrder: openedAhead(createEcho(), createEcho(undefined, 1)),
  expect: ({ namespace }) =>
    namespace.seesAllParents ? prevented('ok EEXIST') : happens('ok EEXIST', 'warning'),
}
