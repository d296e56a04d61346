/**
 * early_free: a control that is wrong on purpose. `after` without its second half: no reference, and unbound_list is still freed
 * at release, where the block is registered and an UNBOUND event may be taking an entry off the same list.
 */
import { after } from './after.ts'
import type { GroupNotifier } from './notifier.ts'
import { vfio_free_unbound_list } from './unbound.ts'

export const early_free: GroupNotifier = {
  ...after,
  name: 'early_free',
  release: vfio_free_unbound_list,
  free() {},
}
