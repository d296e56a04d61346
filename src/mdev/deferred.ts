/**
 * The second half of an unregistration as a piece of work, for a vendor that cannot call it itself: its caller keeps the lock.
 *
 * Invariant   the vendor's module is pinned from the first half to the end of the second, and the pin is dropped by this file, not by
 *             the vendor's text. Who unplugs the parent meanwhile waits in mdev_unregister_device, without the lock.
 * Weak spots  the caller's request is over before the `remove` uevents of the children; an error has nobody to go to; until the work
 *             is done the parent cannot be registered (-EBUSY), nor the module unloaded.
 * Source      ours; precedent: device_schedule_callback, by which a device removed itself from its own file (until 1ae06819c77c)
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EBUSY } from '../base/errno.ts'
import { module_put, try_module_get } from '../kernel/module.ts'
import { INIT_WORK, queue_work } from '../kernel/workqueue.ts'
import { work_funcs } from '../kernel/workqueue_struct.ts'
import { mutex_lock, mutex_unlock } from '../sync/index.ts'
import { find_parent_device, parent_list_lock } from './parent_list.ts'
import { mdev_parent } from './types.ts'
import { mdev_unregister_begin, mdev_unregister_finish } from './unregister.ts'

const { dev: DEV, owner: OWNER } = mdev_parent.offset
const work_of = mdev_parent.at.finish_work

const finish_func = work_funcs.define('mdev_parent_finish', (work) => {
  const parent = mdev_parent.of.finish_work(work)
  const owner = as<'module'>(read(parent + OWNER))
  mdev_unregister_finish(as(read(parent + DEV)))
  if (owner !== 0) module_put(owner)
})

/**
 * Begins here and ends in a work item. Waits for nobody: the caller may hold any lock that a vendor's create and remove take.
 * @param owner the vendor's module; NULL for built-in
 * @returns 0, also if another task is at it already; -EBUSY if the module is being unloaded, with nothing changed
 */
export function mdev_unregister_deferred(dev: Addr<'device'>, owner: Addr<'module'> = NULL): number {
  if (owner !== 0 && !try_module_get(owner)) return -EBUSY
  if (mdev_unregister_begin(dev)) {
    mutex_lock(parent_list_lock())
    const parent = find_parent_device(dev)
    mutex_unlock(parent_list_lock())
    write(parent + OWNER, owner)
    INIT_WORK(work_of(parent), finish_func, '(work_completion)(&parent->finish_work)')
    queue_work(work_of(parent))
  } else if (owner !== 0) module_put(owner)
  return 0
}
