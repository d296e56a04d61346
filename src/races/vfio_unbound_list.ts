/**
 * The last reference of a vfio group goes while another device of it is told to be unbound.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *                                           vfio_unregister_group_dev(dev1)
 *   vfio_unregister_group_dev(dev0)           on unbound_list
 *     vfio_group_release()
 *       for each of unbound_list
 *       [...]                               vfio_iommu_group_notifier(UNBOUND, dev1)
 *                                             list_del, kfree
 *         list_del, kfree
 *
 * Why      release does not hold unbound_lock. Before 5.16 (63b150fde7a2) the callback looked the group up under group_lock, which release
 *          holds; without that lookup the list may only be freed once the block is unregistered.
 */
import { platform_bind, platform_unbind } from '../drivers/index.ts'
import { process_one_work } from '../kernel/index.ts'
import { deviceOf, makeDevices, vfioLeft } from './kit/vfio.ts'
import { END, happens, once, prevented, step, type Cell, type Scenario } from '../define/race.ts'

function unbind(n: number): (words: number) => number {
  return (words) => {
    platform_unbind(deviceOf(words, n))
    return 0
  }
}

/** The deferred puts. */
function serve(): number {
  while (process_one_work());
  return 0
}

function variant(name: string, notifier: string, title: string, cell: Cell): Scenario {
  return {
    name,
    title,
    source: 'Jason Gunthorpe, October 2021: "could race with the notifier, move the cleanup"',
    symptom: 'an entry of unbound_list is freed twice',
    fix: 'free the list after the block is unregistered, just before the group',
    boot: { vfio: { notifier } },
    setup: (words) =>
      makeDevices(words, 2) ||
      platform_bind('vfio', deviceOf(words, 0)) ||
      platform_bind('vfio', deviceOf(words, 1)),
    cpus: notifier === 'before' ? [unbind(0), unbind(1), serve] : [unbind(0), unbind(1)],
    schedule: [
      step(1, 'leave vfio_unregister_group_dev'),
      step(0, 'vfio_free_unbound_list:entry'),
      step(1, END),
      step(0, END),
      step(1, END),
      ...(notifier === 'before' ? [step(2, END)] : []),
    ],
    labels: { 'vfio_free_unbound_list:entry': '/* for each of unbound_list */' },
    check: ({ answers }) => {
      const oops = answers.includes('oops')
      return { happened: oops, broken: oops ? [] : vfioLeft() }
    },
    free: false,
    ...once('notifier', cell, notifier),
  }
}

export const vfio_unbound_early: Scenario = variant(
  'vfio-unbound-freed-early',
  'early_free',
  'unbound_list is freed at release, without the lookup that made it safe',
  happens('oops ok', 'oops'),
)

export const vfio_unbound_late: Scenario = variant(
  'vfio-unbound-freed-late',
  'after',
  'unbound_list is freed after the block is unregistered (63b150fde7a2, 5.16)',
  prevented('ok ok'),
)

export const vfio_unbound_lookup: Scenario = variant(
  'vfio-unbound-lookup',
  'before',
  'unbound_list is freed at release, and callbacks look the group up first (until 63b150fde7a2)',
  prevented('ok ok ok'),
)
