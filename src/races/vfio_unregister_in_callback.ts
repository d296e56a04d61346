/**
 * A callback of a blocking chain unregisters its own block.
 *
 *   cpu-0
 *   -----
 *   blocking_notifier_call_chain()
 *     down_read(rwsem)
 *     the callback
 *       blocking_notifier_chain_unregister()
 *         down_write(rwsem)
 *
 * Why      the chain holds its rwsem for reading around all callbacks.
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { platform_bind } from '../drivers/index.ts'
import { alloc_boot } from '../mem/arena.ts'
import { notifier_block, notifier_block_init, notifiers, NOTIFY_OK } from '../sync/index.ts'
import { iommu_group_register_notifier, iommu_group_unregister_notifier } from '../vfio/index.ts'
import { deviceOf, groupOf, makeDevices } from './kit/vfio.ts'
import { END, hangs, once, step, type Scenario } from '../define/race.ts'

/** A block, and behind it the group on whose chain it is. */
const GROUP = notifier_block.words

const unregisters_itself = notifiers.define('scenario.unregisters_itself', (nb: Addr<'notifier_block'>) => {
  iommu_group_unregister_notifier(as(read(nb + GROUP)), nb)
  return NOTIFY_OK
})

export const vfio_unregister_in_callback: Scenario = {
  name: 'vfio-unregister-in-callback',
  title: 'a callback of a blocking notifier chain unregisters itself',
  source:
    'Jason Gunthorpe, October 2021: "We hold a read-lock on that notifier list, unregistering needs a write-lock"',
  symptom: 'the task waits for itself',
  fix: 'never unregister, and never put a last reference, inside a callback',
  boot: { vfio: true },
  setup(words) {
    const ret = makeDevices(words, 1)
    if (ret !== 0) return ret
    const nb = as<'notifier_block'>(alloc_boot(notifier_block.words + 1))
    notifier_block_init(nb, unregisters_itself)
    write(nb + GROUP, groupOf(words))
    return iommu_group_register_notifier(groupOf(words), nb)
  },
  cpus: [(words) => platform_bind('stub', deviceOf(words, 0))],
  schedule: [step(0, END)],
  check: ({ answers }) => ({ happened: answers[0] === 'hangs' }),
  ...once('none', hangs('hangs', 'lockdep', 'hung task')),
}
