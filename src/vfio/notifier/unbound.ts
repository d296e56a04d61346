/**
 * Freeing a group's unbound_list: what the members do at different moments.
 */
import { read } from '#access'
import { trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { oops } from '../../kernel/oops.ts'
import { list_del } from '../../mem/list.ts'
import { vfio_free } from '../globals.ts'
import { vfio_globals, vfio_group, vfio_unbound_dev, type VfioGroup } from '../types.ts'

/** Frees all entries, without unbound_lock: nobody else must be able to reach the list. */
export function vfio_free_unbound_list(group: VfioGroup): void {
  const head = vfio_group.at.unbound_list(group)
  for (let at = read(head), next = 0; at !== head; at = next) {
    next = read(at)
    trace_point('vfio_free_unbound_list:entry')
    // Its links are 0 once it was taken off: somebody else was here (CONFIG_DEBUG_LIST).
    if (read(at) === 0) oops('list_del corruption, entry->next is LIST_POISON1', at)
    list_del(as(at))
    vfio_free(vfio_globals.offset.unbound_cache, vfio_unbound_dev, vfio_unbound_dev.of.unbound_next(at))
  }
}
