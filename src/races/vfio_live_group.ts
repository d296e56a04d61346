/**
 * A host driver is bound to a device whose group belongs to a user.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   the user has the group in a container   bind host to a sibling
 *                                             vfio_iommu_group_notifier(BOUND)
 *                                               BUG_ON(!viable)
 *
 * Why      host and user would drive one isolation domain. The driver is bound already: there is no way back.
 */
import { platform_bind } from '../drivers/index.ts'
import { deviceOf, joinGroup, makeDevices, useDevice } from './kit/vfio.ts'
import { END, happens, once, prevented, step, type Scenario } from '../define/race.ts'

const COMMON = {
  source: 'the mail of October 2021 and vfio_group_nb_verify, until 3b86f317c9c7 (5.19)',
  symptom: 'kernel BUG at drivers/vfio/vfio.c',
  fix: 'DMA ownership in the IOMMU core refuses the driver beforehand (70693f470848, 5.19)',
  boot: { vfio: true },
} as const

export const vfio_bound_in_live_group: Scenario = {
  ...COMMON,
  name: 'vfio-bound-in-live-group',
  title: 'a host driver is bound to a device whose group a user has',
  setup: (words) => makeDevices(words, 2) || platform_bind('vfio', deviceOf(words, 0)),
  cpus: [(words) => useDevice(words, 0), (words) => platform_bind('host', deviceOf(words, 1))],
  schedule: [step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers[1] === 'oops' }),
  free: false,
  ...once('none', happens('ok oops', 'oops')),
}

export const vfio_bound_in_idle_group: Scenario = {
  ...COMMON,
  name: 'vfio-bound-in-idle-group',
  title: 'the same while nobody has the group in a container; then the user finds it not viable',
  setup: (words) => makeDevices(words, 2) || platform_bind('vfio', deviceOf(words, 0)),
  cpus: [(words) => useDevice(words, 0), (words) => platform_bind('host', deviceOf(words, 1))],
  schedule: [step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers[1] === 'oops' }),
  free: false,
  ...once('none', prevented('EINVAL ok')),
}

export const vfio_added_to_live_group: Scenario = {
  ...COMMON,
  name: 'vfio-added-to-live-group',
  title: "a device joins a group that a user has: a warning, and the device is not the user's",
  setup: (words) => makeDevices(words, 1) || platform_bind('vfio', deviceOf(words, 0)),
  cpus: [(words) => useDevice(words, 0), (words) => joinGroup(words, 1)],
  schedule: [step(0, END), step(1, END)],
  check: () => ({ happened: true }),
  free: false,
  ...once('none', happens('ok ok', 'warning')),
}
