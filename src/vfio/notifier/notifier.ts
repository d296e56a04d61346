/**
 * How vfio's callback on an IOMMU group's chain keeps the vfio group alive while it looks at it: the question of the mail of
 * October 2021. The callback itself is the same for all members (events.ts).
 *
 *   member       reference             put                 unbound_list freed       what it shows
 *   before       lookup under lock     on the work queue   at release               5.15
 *   direct_put   lookup under lock     in the callback     at release               until 811642d8d8a8: unregisters itself
 *   under_lock   lookup under lock     on the work queue   at release               control: ABBA with group_lock
 *   after        none                  none                after unregistration     5.16
 *   early_free   none                  none                at release               control: list freed under the callback
 */
import type { VfioGroup } from '../types.ts'
import { OpsTable } from '../../base/ops.ts'

/** What every member of the family implements. */
export interface GroupNotifier {
  readonly name: string
  /** True: the block is registered with vfio.group_lock held. */
  readonly underLock: boolean
  /** Allocates what the member needs. Boot CPU only. Returns 0 or -ENOMEM. */
  init(): number
  /** The callback begins, under the read side of the chain's rwsem. False: this group is none of its business any more. */
  get(group: VfioGroup): boolean
  /** The callback ends, still under the read side. */
  put(group: VfioGroup): void
  /** The last reference is gone, group_lock is held, the block is still registered. */
  release(group: VfioGroup): void
  /** The block is unregistered; the group's memory is freed next. No lock is held. */
  free(group: VfioGroup): void
}

/** Members by the id that shared memory holds. */
export const group_notifiers = new OpsTable<GroupNotifier>('vfio group notifier')
