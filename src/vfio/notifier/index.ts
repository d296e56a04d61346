/**
 * The members of the family, by the id that shared memory holds.
 */
import { after } from './after.ts'
import { before } from './before.ts'
import { direct_put } from './direct_put.ts'
import { early_free } from './early_free.ts'
import { group_notifiers, type GroupNotifier } from './notifier.ts'
import { under_lock } from './under_lock.ts'

/** All members, those that were the kernel's first. */
const GROUP_NOTIFIERS: readonly GroupNotifier[] = [before, after, direct_put, under_lock, early_free]

const ids = new Map(GROUP_NOTIFIERS.map((one) => [one.name, group_notifiers.define(one.name, one)]))

/** Id of the member of that name; 0 if there is none. */
export function groupNotifierId(name: string): number {
  return ids.get(name) ?? 0
}
