/**
 * A uuid is refused on a healthy parent because of a creation that fails on a dying one.
 *
 *   cpu-0                        cpu-1                          cpu-2
 *   -----                        -----                          -----
 *   create_store()   parent 0
 *     placeholder
 *     [...]                      mdev_unregister_device()
 *                                  parent 0
 *                                                               create_store()   parent 1
 *                                                               = -EEXIST
 *     = -ENODEV
 *
 * Why      the namespace is asked before the gate, so a create that must fail holds its uuid for a moment.
 */
import { NO_FILE_REMOVES_ITSELF, openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate, unregister } from './kit/shell.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const spurious_eexist: Scenario = {
  name: 'spurious-eexist',
  title: 'a create that fails on a dying parent makes the same uuid fail on a healthy one',
  source: 'found by analysis of 5.2; the SRCU patch of November 2019 asks in the other order',
  symptom: 'EEXIST for a uuid that nobody has',
  fix: 'enter the gate before the namespace, as the SRCU patch does',
  cpus: [() => echoCreate(), () => unregister(0), () => echoCreate(undefined, 1)],
  schedule: [step(0, 'mdev_device_create:claimed'), step(1, END), step(2, END), step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers[0] !== 'ok' && answers[2] === 'EEXIST' }),
  inAnyOrder: {
    ...openedAhead(createEcho(), () => unregister(0), createEcho(undefined, 1)),
    calm: NO_FILE_REMOVES_ITSELF,
  },
  expect: ({ gate, namespace }) => {
    // The bus takes the first to come, and warns about the second.
    if (!namespace.seesAllParents) return prevented('EEXIST ok ok', 'warning')
    if (!namespace.listsUnfinished) return prevented('ENOENT ok ok')
    // Inside the gate before it asks for the uuid: it succeeds, and the uuid is taken.
    if (gate.entersFirst) return prevented('ok ok EEXIST')
    // Without a gate its parent's directories are gone under the creator (problem 4), which then fails.
    return happens(gate.guarded ? 'ENODEV ok EEXIST' : 'ENOENT ok EEXIST')
  },
}
