/**
 * Creates on one parent, the first of which is slow: parent->lock makes them wait, as does the global lock.
 */
import { read, write } from '#access'
import { ENOENT } from '../../base/errno.ts'
import { echoCreate, onBus, UUIDS } from '../kit/shell.ts'
import { byStrategy, END, happens, prevented, step, type Scenario } from '../scenario.ts'

export const serial_creates_one_parent: Scenario = {
  name: 'serial-creates-one-parent',
  title: 'a slow create holds up another one on the same parent',
  source:
    'thread 002: Alex Williamson, May 2018 ("mdev_parent.lock really only seems to be serializing device creation")',
  symptom: 'creates on one parent run one after the other',
  fix: "no lock over the vendor's work",
  cpus: [
    () => echoCreate(UUIDS[0]),
    (words) => {
      const ret = echoCreate(UUIDS[1])
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
    'per-parent': happens('ok ok ENOENT'),
    global: happens('ok ok ENOENT'),
  }),
}
