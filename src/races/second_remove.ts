/**
 * A second removal of a device, from inside the kernel, while the first is under way.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   remove_store()
 *     mdev_device_remove()
 *       active = false;
 *       [...]                               mdev_device_remove()   = -EAGAIN
 *
 * Why      the removal belongs to whoever made the device inactive, or took it off the list.
 */
import { openedAhead } from './kit/opened.ts'
import { echoCreate, echoRemove, removeEcho, removeInKernel } from './kit/shell.ts'
import { END, prevented, step, type Scenario } from '../define/race.ts'

export const second_remove: Scenario = {
  name: 'second-remove',
  title: 'a second removal meets the first one half-way',
  source: 'Alex Williamson, May 2018: "such that we can\'t race a remove"',
  symptom: 'none: one removal owns the device, the other is told so',
  fix: 'the list, and since 4.18 (002fe996f67f) the flag `active`',
  setup: () => echoCreate(),
  cpus: [() => echoRemove(), () => removeInKernel()],
  schedule: [step(0, 'mdev_device_remove:found'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers.filter((answer) => answer === 'ok').length !== 1 }),
  inAnyOrder: openedAhead(removeEcho(), () => removeInKernel()),
  expect: ({ namespace }) =>
    // With a lock over all of a removal the second one waits until the first is over.
    prevented(namespace.listsUnfinished ? 'ok EAGAIN' : 'ok ENODEV'),
}
