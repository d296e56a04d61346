/**
 * Two users remove one device.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   kernfs_fop_write()
 *   [...]                                   kernfs_fop_write()
 *                                             kernfs_remove_self()   true
 *     kernfs_remove_self()   false, when cpu-1's whole write is over
 *
 * Why      the file removes itself first, and one writer can do that. The loser reports success: the device is gone.
 */
import { openedAhead } from './kit/opened.ts'
import { echoCreate, echoRemove, onBus, removeEcho } from './kit/shell.ts'
import { END, prevented, step, type Scenario } from '../define/race.ts'

export const double_remove: Scenario = {
  name: 'double-remove',
  title: 'two users write 1 to the remove file of one device',
  source: 'the mails of March 2019; recorded from a 6.1 kernel: both writers get success, in 5 of 5 rounds',
  symptom: 'none: the loser waits for the winner and returns success',
  fix: 'device_remove_file_self, since 4.10 (7b96953bc640)',
  setup: () => echoCreate(),
  cpus: [() => echoRemove(), () => echoRemove()],
  schedule: [step(0, 'enter remove_store'), step(1, END), step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: onBus() || !answers.includes('ok') }),
  inAnyOrder: openedAhead(removeEcho(), removeEcho()),
  expect: () => prevented('ok ok'),
}
