/**
 * Creates on two parents, one of which is slow; and on one parent, where parent->lock makes them wait as well.
 *
 *   cpu-0                        cpu-1                          cpu-2
 *   -----                        -----                          -----
 *   create_store()   parent 0
 *     mdev_device_create()
 *       [...] a slow vendor      create_store()   parent 1
 *                                                               ls /sys/bus/mdev/devices
 *
 * Why      whoever guards the uuids with one lock over all of create makes the system create one device at a time: 128 of
 *          them on 8 GPUs, in the example of the mail.
 */
import { read, write } from '#access'
import { ENOENT } from '../base/errno.ts'
import { openedAhead } from './kit/opened.ts'
import { createEcho, echoCreate, onBus, UUIDS } from './kit/shell.ts'
import { mdevsLeft } from './kit/left.ts'
import { END, happens, prevented, step, type Scenario } from '../define/race.ts'
import type { Namespace } from '../mdev/namespaces/namespace.ts'

type Story = Pick<Scenario, 'name' | 'title' | 'source' | 'symptom' | 'fix'>

/** `stops`: what a namespace serialises under which the second create, on that parent, has to wait. */
function serial(story: Story, parent: number, stops: Namespace['serialises'][]): Scenario {
  return {
    ...story,
    cpus: [
      () => echoCreate(UUIDS[0], 0),
      (words) => {
        const ret = echoCreate(UUIDS[1], parent)
        write(words, 1)
        return ret
      },
      (words) => {
        write(words + 1, read(words))
        return onBus(UUIDS[1]) ? 0 : -ENOENT
      },
    ],
    schedule: [step(0, 'device_add:uevent_file'), step(1, END), step(2, END), step(0, END), step(1, END)],
    check: ({ words }) => ({ happened: read(words + 1) === 0 }),
    inAnyOrder: {
      ...openedAhead(createEcho(UUIDS[0], 0), createEcho(UUIDS[1], parent)),
      check: () => ({ happened: false, broken: mdevsLeft(2) }),
    },
    free: false,
    expect: ({ namespace }) =>
      stops.includes(namespace.serialises) ? happens('ok ok ENOENT') : prevented('ok ok ok'),
  }
}

export const serial_creates = serial(
  {
    name: 'serial-creates',
    title: 'a slow create on one parent holds up a create on another',
    source: 'Kirti Wankhede, May 2018 ("all mdev device creation/removal will get serialized")',
    symptom: 'creates on unrelated parents run one after the other',
    fix: 'hold mdev_list_lock for the scan and the insertion only',
  },
  1,
  ['everything'],
)

export const serial_creates_one_parent = serial(
  {
    name: 'serial-creates-one-parent',
    title: 'a slow create holds up another one on the same parent',
    source:
      'Alex Williamson, May 2018 ("mdev_parent.lock really only seems to be serializing device creation")',
    symptom: 'creates on one parent run one after the other',
    fix: "no lock over the vendor's work",
  },
  0,
  ['a parent', 'everything'],
)
