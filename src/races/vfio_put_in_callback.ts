/**
 * The last reference to a vfio group is put inside the callback of its IOMMU group.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *   vfio_iommu_group_notifier()
 *     vfio_group_try_get()
 *                                           vfio_unregister_group_dev()
 *                                             vfio_group_put()
 *     vfio_group_put()
 *       vfio_group_release()
 *         iommu_group_unregister_notifier()
 *
 * Why      the chain's rwsem is held for reading around the callback; unregistering wants it for writing.
 * See      `put` of the notifiers before, direct_put and after: the three ways are three scenarios.
 */
import { platform_bind, platform_unbind } from '../drivers/index.ts'
import { process_one_work } from '../kernel/index.ts'
import { deviceOf, makeDevices, vfioLeft } from './kit/vfio.ts'
import { END, hangs, once, prevented, step, type Cell, type Scenario } from '../define/race.ts'

const SOURCE = 'Jason Gunthorpe, October 2021: the comment that the patch deletes'

function variant(name: string, notifier: string, title: string, fix: string, cell: Cell): Scenario {
  return {
    name,
    title,
    source: SOURCE,
    symptom: 'the callback waits for the rwsem that it holds itself',
    fix,
    boot: { vfio: { notifier } },
    setup: (words) => makeDevices(words, 2) || platform_bind('vfio', deviceOf(words, 0)),
    cpus: [
      // A driver that touches nothing is bound to the sibling: an event for the group.
      (words) => platform_bind('stub', deviceOf(words, 1)),
      (words) => {
        platform_unbind(deviceOf(words, 0))
        return 0
      },
      () => {
        if (notifier === 'before') while (process_one_work());
        return 0
      },
    ],
    schedule: [
      step(0, 'vfio_iommu_group_notifier:got'),
      step(1, END),
      step(0, END),
      step(1, END),
      step(2, END),
    ],
    free: false,
    check: ({ answers }) => ({
      happened: answers.includes('hangs'),
      ...(!answers.includes('hangs') && { broken: vfioLeft() }),
    }),
    ...once('notifier', cell, notifier),
  }
}

export const vfio_put_in_callback: Scenario = variant(
  'vfio-put-in-callback',
  'direct_put',
  'the last reference to a vfio group is put in the callback itself (until 811642d8d8a8)',
  'put it on a work queue (811642d8d8a8, mid-2017), or take none (63b150fde7a2, 5.16)',
  hangs('hangs ok ok', 'lockdep', 'hung task'),
)

export const vfio_put_on_queue: Scenario = variant(
  'vfio-put-on-queue',
  'before',
  'the last reference to a vfio group is put on the work queue (811642d8d8a8, until 63b150fde7a2)',
  'the work queue: vfio_group_schedule_put',
  prevented('ok ok ok'),
)

export const vfio_no_reference: Scenario = variant(
  'vfio-no-reference',
  'after',
  'the callback takes no reference; whoever unregisters waits for it (63b150fde7a2, 5.16)',
  'the rwsem of the chain says it already: no callback runs outside its registration',
  prevented('ok ok ok'),
)
