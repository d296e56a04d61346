/**
 * One uuid, created twice at the same time on one parent.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   create_store()
 *     mdev_device_create()
 *       placeholder
 *       [...]                               create_store()   = -EEXIST
 *
 * Why      the uuid is taken before the device exists; with a lock over all of create, the second one waits to hear so.
 */
import { openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate } from './kit/shell.ts'
import { END, prevented, step, type Scenario } from '../define/race.ts'

export const same_uuid: Scenario = {
  name: 'same-uuid',
  title: 'the same uuid is created twice at once on one parent',
  source: 'Kirti Wankhede and Alex Williamson, May 2018',
  symptom: 'none: one success, one EEXIST',
  fix: 'a lock over the scan and the insertion',
  cpus: [() => echoCreate(), () => echoCreate()],
  schedule: [step(0, 'mdev_device_create:claimed'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers.filter((answer) => answer === 'ok').length !== 1 }),
  inAnyOrder: openedAhead(createEcho(), createEcho()),
  expect: () => prevented('ok EEXIST'),
}
