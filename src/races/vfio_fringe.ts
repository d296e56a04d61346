/**
 * The two fringe windows of a group without references: its block is on the chain, but the group is not in the list yet, or
 * its last reference is gone already. Events of all kinds come in the middle of each.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   vfio_create_group()
 *     iommu_group_register_notifier()
 *     [...]                                 ADD, BIND, BOUND, UNBIND, UNBOUND
 *     list_add(&group->vfio_next)
 *
 * Why nothing happens   in both windows container_users is 0 and device_list is empty: ADD and BOUND end at once, and
 *                       UNBOUND edits a list that is empty, or that nobody reads any more.
 */
import { platform_bind, platform_unbind } from '../drivers/index.ts'
import { kernel_reports } from '../kernel/index.ts'
import { deviceOf, joinGroup, makeDevices, vfioLeft } from './kit/vfio.ts'
import { END, once, prevented, step, type Scenario } from '../define/race.ts'

/** A device joins the group; the host's driver comes to a sibling and goes. */
function events(words: number): number {
  const ret = joinGroup(words, 2) || platform_bind('host', deviceOf(words, 1))
  if (ret === 0) platform_unbind(deviceOf(words, 1))
  return ret
}

const COMMON = {
  source: 'Jason Gunthorpe, October 2021: "there are two fringe cases"',
  symptom: 'a callback on a group that nobody can find',
  fix: 'none needed: an idle, empty group has nothing that an event could change',
  boot: { vfio: { notifier: 'after' } },
  ...once('notifier', prevented('ok ok'), 'after'),
} as const

export const vfio_fringe_early: Scenario = {
  ...COMMON,
  name: 'vfio-fringe-early',
  title: 'events reach a vfio group before it is in vfio.group_list',
  setup: (words) => makeDevices(words, 2),
  cpus: [(words) => platform_bind('vfio', deviceOf(words, 0)), events],
  schedule: [step(0, 'vfio_create_group:before_list'), step(1, END), step(0, END)],
  labels: { 'vfio_create_group:before_list': '/* before list_add */' },
  check: () => ({ happened: kernel_reports().length > 0 }),
}

export const vfio_fringe_late: Scenario = {
  ...COMMON,
  name: 'vfio-fringe-late',
  title: 'events reach a vfio group after its last reference is gone',
  setup: (words) => makeDevices(words, 2) || platform_bind('vfio', deviceOf(words, 0)),
  cpus: [
    (words) => {
      platform_unbind(deviceOf(words, 0))
      return 0
    },
    events,
  ],
  schedule: [step(0, 'vfio_group_unlock_and_free:unlocked'), step(1, END), step(0, END)],
  labels: { 'vfio_group_unlock_and_free:unlocked': '/* kref is 0, group_lock dropped */' },
  check: () => ({ happened: kernel_reports().length > 0, broken: vfioLeft() }),
}
