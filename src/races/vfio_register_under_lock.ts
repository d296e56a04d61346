/**
 * A vfio group registers its block with vfio.group_lock held, while a callback of the same chain wants that lock.
 *
 *   cpu-0                        cpu-1                          cpu-2
 *   -----                        -----                          -----
 *                                vfio_create_group()
 *   vfio_create_group()            [...] found none yet
 *     makes the group
 *                                                               vfio_iommu_group_notifier()
 *                                                                 rwsem held for reading
 *                                mutex_lock(group_lock)
 *                                iommu_group_register_notifier()
 *                                  down_write(rwsem)
 *                                                                 vfio_group_try_get()
 *                                                                   mutex_lock(group_lock)
 *
 * Why      group_lock → rwsem against rwsem → group_lock.
 */
import { platform_bind } from '../drivers/index.ts'
import { deviceOf, makeDevices } from './kit/vfio.ts'
import { END, hangs, once, prevented, step, type Cell, type Scenario } from '../define/race.ts'

function variant(name: string, notifier: string, title: string, cell: Cell): Scenario {
  return {
    name,
    title,
    source:
      'Jason Gunthorpe, October 2021: "need to register outside of vfio.group_lock to avoid A-B/B-A contention"',
    symptom: 'two tasks wait for each other for ever',
    fix: 'register the block early, outside of group_lock',
    boot: { vfio: { notifier } },
    setup: (words) => makeDevices(words, 3),
    cpus: [
      (words) => platform_bind('vfio', deviceOf(words, 0)),
      (words) => platform_bind('vfio', deviceOf(words, 1)),
      (words) => platform_bind('stub', deviceOf(words, 2)),
    ],
    schedule: [
      step(1, 'vfio_create_group:registered'),
      step(0, END),
      step(2, 'enter vfio_iommu_group_notifier'),
      step(1, END),
      step(2, END),
      step(1, END),
    ],
    labels: { 'vfio_create_group:registered': '/* no group yet */' },
    check: ({ answers }) => ({ happened: answers.includes('hangs') }),
    ...once('notifier', cell, notifier),
  }
}

export const vfio_register_under_lock: Scenario = variant(
  'vfio-register-under-lock',
  'under_lock',
  'a vfio group registers its block under group_lock while a callback wants that lock',
  hangs('ok hangs hangs', 'lockdep', 'hung task'),
)

export const vfio_register_early: Scenario = variant(
  'vfio-register-early',
  'before',
  'the same with the block registered before group_lock is taken (until 63b150fde7a2)',
  prevented('ok ok ok'),
)
