/**
 * direct_put: the kernel until 811642d8d8a8 of mid-2017, which fixed it. `before` with the reference put in the callback itself: if it is the last one,
 * the callback waits for the rwsem that it holds.
 */
import { vfio_group_put } from '../group.ts'
import { before } from './before.ts'
import type { GroupNotifier } from './notifier.ts'

export const direct_put: GroupNotifier = { ...before, name: 'direct_put', put: vfio_group_put }
