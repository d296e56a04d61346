/**
 * Creates on two parents, one of which is slow.
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
import { ENOENT } from '../../base/errno.ts'
import { echoCreate, onBus, UUIDS } from '../kit/shell.ts'
import { byStrategy, END, happens, prevented, step, type Scenario } from '../scenario.ts'

export const serial_creates: Scenario = {
  name: 'serial-creates',
  title: 'a slow create on one parent holds up a create on another',
  source: 'thread 002: Kirti Wankhede, May 2018 ("all mdev device creation/removal will get serialized")',
  symptom: 'creates on unrelated parents run one after the other',
  fix: 'hold mdev_list_lock for the scan and the insertion only',
  cpus: [
    () => echoCreate(UUIDS[0], 0),
    (words) => {
      const ret = echoCreate(UUIDS[1], 1)
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
  free: false,
  expect: byStrategy({
    all: prevented('ok ok ok'),
    global: happens('ok ok ENOENT'),
  }),
}
