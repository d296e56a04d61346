/**
 * A newcomer while unregistration waits.
 *
 *   cpu-0                        cpu-1                          cpu-2
 *   -----                        -----                          -----
 *   create_store()
 *     [...] a slow vendor        mdev_unregister_device()
 *                                  down_write(unreg_sem)
 *                                  /* waits for cpu-0 *\/       create_store()
 *                                                                 down_read_trylock(unreg_sem)
 *                                                                 = -ENODEV, at once
 *
 * Why      a trylock for reading fails while a writer merely waits. A count that is not zero lets everybody in: with it
 *          unregistration can wait for ever (Cornelia Huck's review).
 */
import { read, write } from '#access'
import { NO_FILE_REMOVES_ITSELF, openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate, unregister, UUIDS } from './kit/shell.ts'
import { mdevsLeft } from './kit/left.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'

export const newcomer: Scenario = {
  name: 'newcomer',
  title: 'a create arrives while unregistration waits for an earlier one',
  source: 'the mail of November 2019 and the review of the refcount patches, spring 2019 (Cornelia Huck)',
  symptom: 'newcomers get in, and unregistration waits for them too: without end',
  fix: 'down_read_trylock, which fails while a writer waits',
  cpus: [
    () => echoCreate(UUIDS[0]),
    () => unregister(0),
    (words) => {
      const ret = echoCreate(UUIDS[1])
      write(words, ret)
      return ret
    },
  ],
  schedule: [step(0, 'device_add:uevent_file'), step(1, END), step(2, END), step(0, END)],
  check: ({ words }) => ({ happened: read(words) > 0 }),
  inAnyOrder: {
    ...openedAhead(createEcho(UUIDS[0]), () => unregister(0), createEcho(UUIDS[1])),
    check: () => ({ happened: false, broken: mdevsLeft(0) }),
    calm: NO_FILE_REMOVES_ITSELF,
  },
  free: false,
  elsewhere: ({ gate }) =>
    gate.guarded
      ? undefined
      : 'a create that began before makes its device after the walk over the children: problem 4',
  expect: ({ gate }) => {
    // Nobody waits for anybody: what began before finds its directory gone.
    if (!gate.guarded) return prevented('ENOENT ok ENOENT')
    return gate.refusesAtOnce ? prevented('ok ok ENODEV') : happens('ok ok ok')
  },
}
