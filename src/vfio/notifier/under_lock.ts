/**
 * under_lock: a control that is wrong on purpose. `before` with the block registered while group_lock is held: registration
 * takes group_lock, then the rwsem; a callback holds the rwsem and takes group_lock.
 */
import { before } from './before.ts'
import type { GroupNotifier } from './notifier.ts'

export const under_lock: GroupNotifier = { ...before, name: 'under_lock', underLock: true }
