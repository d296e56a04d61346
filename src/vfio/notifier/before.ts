/**
 * before: the callback looks the group up under group_lock and references it; the reference goes back on the work queue.
 *
 * Why deferred   the put may be the last. The last one unregisters the block, which wants the chain's rwsem for writing, and the
 *                callback holds it for reading (direct_put.ts).
 * Known flaw     a work item that cannot be had leaks the reference, and with it the group, with a warning.
 * Order          the chain's rwsem (read) → vfio.group_lock. So nobody may register with group_lock held (under_lock.ts).
 * Source         drivers/vfio/vfio.c of 5.15, until 63b150fde7a2
 */
import { read, write } from '#access'
import { as } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { WARN } from '../../kernel/oops.ts'
import { INIT_WORK, queue_work, workqueue_init } from '../../kernel/workqueue.ts'
import { work_funcs, work_struct } from '../../kernel/workqueue_struct.ts'
import { embed, ptr, struct } from '../../mem/layout.ts'
import { kmem_cache_create } from '../../mem/slab.ts'
import { vfio_free, vfio_root, vfio_zalloc } from '../globals.ts'
import { vfio_group_id, vfio_group_put, vfio_group_try_get } from '../group.ts'
import { vfio_globals, type VfioGroup } from '../types.ts'
import type { GroupNotifier } from './notifier.ts'
import { vfio_free_unbound_list } from './unbound.ts'

const CACHE = vfio_globals.offset.work_cache

const vfio_group_put_work = struct('vfio_group_put_work', {
  work: embed(work_struct),
  group: ptr('vfio_group'),
})
const GROUP = vfio_group_put_work.offset.group

const vfio_group_put_bg = work_funcs.define('vfio_group_put_bg', (work) => {
  const do_work = vfio_group_put_work.of.work(work)
  vfio_group_put(as(read(do_work + GROUP)))
  vfio_free(CACHE, vfio_group_put_work, do_work)
})

/** Puts the group on the work queue. */
function vfio_group_schedule_put(group: VfioGroup): void {
  const do_work = vfio_zalloc(CACHE, vfio_group_put_work)
  if (do_work === 0) return WARN('vfio_group_schedule_put: no memory, the group is leaked')
  INIT_WORK(vfio_group_put_work.at.work(do_work), vfio_group_put_bg, '(work_completion)(&do_work->work)')
  write(do_work + GROUP, group)
  queue_work(vfio_group_put_work.at.work(do_work))
}

export const before: GroupNotifier = {
  name: 'before',
  underLock: false,
  init() {
    if (!workqueue_init()) return -ENOMEM
    write(vfio_root() + CACHE, kmem_cache_create(vfio_group_put_work))
    return read(vfio_root() + CACHE) === 0 ? -ENOMEM : 0
  },
  get: (group) => vfio_group_try_get(group, vfio_group_id(group)),
  put: vfio_group_schedule_put,
  release: vfio_free_unbound_list,
  free() {},
}
