/**
 * A removal that waits for its user, and who waits for it.
 *
 *   cpu-0                        cpu-1                          cpu-2
 *   -----                        -----                          -----
 *   remove_store()                                              /* has the device open *\/
 *     mutex_lock(mdev_list_lock)
 *     vfio_unregister_group_dev()
 *     /* waits for cpu-2 *\/       create_store()
 *                                  mutex_lock(mdev_list_lock)
 *                                  /* waits for cpu-0 *\/
 *                                                               close()
 *
 * Why      a removal takes as long as the user likes. What is held over it, is held that long: one guest who does not let go stops
 *          every create and remove of the system, or of his parent.
 */
import { read, write } from '#access'
import { sysfs_write } from '../kernel/index.ts'
import { guestCloses, guestOpens, makeGuest } from './kit/guest.ts'
import { echoRemove, MTTY_TYPE, UUIDS } from './kit/shell.ts'
import { mdevsLeft } from './kit/left.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'
import type { Namespace } from '../mdev/namespaces/namespace.ts'

const OTHER = '/sys/class/mdev_bus/mtty1/mdev_supported_types/mtty-1'

function blocked(name: string, whom: string, type: string, stops: Namespace['serialises'][]): Scenario {
  return {
    name,
    title: `a removal waits for its user: is a create on ${whom} stopped?`,
    source: 'Alex Williamson and Kirti Wankhede, May 2018; the mails of March 2019 on blocking removal',
    symptom: 'one user who does not let go stops everybody',
    fix: 'no lock of the namespace is held over a removal',
    boot: { driver: 'mtty', parents: 2, vfio: true },
    setup(words) {
      const made = sysfs_write(`${MTTY_TYPE}/create`, UUIDS[0])
      return made < 0 ? made : makeGuest(words) || guestOpens(words)
    },
    cpus: [
      () => echoRemove(),
      (words) => {
        const ret = sysfs_write(`${type}/create`, UUIDS[1])
        write(words, 1)
        return ret
      },
      (words) => {
        write(words + 1, read(words))
        return guestCloses(words)
      },
    ],
    schedule: [step(0, END), step(1, END), step(2, END)],
    // Was the create over before the user let go?
    check: ({ words }) => ({ happened: read(words + 1) === 0 }),
    // Who creates lets go afterwards: a create that waits for the removal would wait for itself.
    inAnyOrder: {
      cpus: [
        () => echoRemove(),
        (words) => Math.min(sysfs_write(`${type}/create`, UUIDS[1]), 0) || guestCloses(words),
      ],
      check: () => ({ happened: false, broken: mdevsLeft(1) }),
    },
    free: false,
    expect: ({ namespace }) =>
      stops.includes(namespace.serialises) ? happens('ok ok ok') : prevented('ok ok ok'),
  }
}

export const blocked_remove: Scenario = blocked('blocked-remove', 'another parent', OTHER, ['everything'])

export const blocked_remove_one_parent: Scenario = blocked(
  'blocked-remove-one-parent',
  'the same parent',
  MTTY_TYPE,
  ['a parent', 'everything'],
)
