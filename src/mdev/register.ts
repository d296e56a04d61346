/**
 * Registration of parents.
 *
 * Invariant    see parent_list.ts.
 * Context      process, may sleep.
 * Errors       -EINVAL no device, or an alias longer than there are; -EEXIST registered already; -EBUSY its unregistration is not
 *              over (where the strategy keeps it listed meanwhile); -ENOMEM.
 * Source       mdev_register_device
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EBUSY, EEXIST, EINVAL, ENOMEM } from '../base/errno.ts'
import { symbol } from '../base/symbols.ts'
import { get_device, put_device } from '../kernel/device/device.ts'
import { rootAddr } from '../mem/arena.ts'
import { list_add } from '../mem/list.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import { set_where } from '../mem/task.ts'
import { init_completion, kref_init, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { mdev_alias_check } from './alias.ts'
import { mdev_announce, mdev_compat_link, mdev_compat_make } from './compat.ts'
import { strategy } from './core.ts'
import { find_parent_device, parent_list, parent_list_lock } from './parent_list.ts'
import { parent_create_sysfs_files } from './type_sysfs.ts'
import { mdev_globals, mdev_parent } from './types.ts'

const ROOT = rootAddr('mdev')
const G = mdev_globals.offset
const P = mdev_parent.offset
const link = mdev_parent.at.next
const IN_REGISTER = symbol('mdev_register_device')

/**
 * Offers a device for division.
 * @param ops the vendor's operations, in the vendor's memory
 * @param driver for the sequence driver_probe: the vendor's driver on the mdev bus; else NULL
 * @param index small number of the parent, for gauges and reports
 */
export function mdev_register_device(
  dev: Addr<'device'>,
  ops: Addr<'mdev_parent_ops'>,
  driver: Addr<'device_driver'>,
  index: number,
): number {
  if (dev === 0 || ops === 0) return -EINVAL
  trace_enter('mdev_register_device')
  set_where(IN_REGISTER)
  get_device(dev)
  const unlocked = strategy().compatUnlocked ? mdev_compat_make() : 0
  mutex_lock(parent_list_lock())
  const found = find_parent_device(dev)
  // A caller may hold a lock that unregistration needs: nobody waits for it here.
  const taken = found === 0 ? 0 : read(found + P.going) === 1 ? -EBUSY : -EEXIST
  const ret = taken || unlocked || mdev_compat_make() || add_parent(dev, ops, driver, index)
  mutex_unlock(parent_list_lock())
  if (ret !== 0) put_device(dev)
  else mdev_announce(dev, true)
  trace_leave('mdev_register_device')
  return ret
}

function add_parent(
  dev: Addr<'device'>,
  ops: Addr<'mdev_parent_ops'>,
  driver: Addr<'device_driver'>,
  index: number,
): number {
  const cache = as<'kmem_cache'>(read(read(ROOT) + G.parent_cache))
  const { gate } = strategy()
  const parent = kmem_cache_zalloc(cache, mdev_parent)
  if (parent === 0) return -ENOMEM
  write(parent + P.dev, dev)
  write(parent + P.ops, ops)
  write(parent + P.driver, driver)
  write(parent + P.index, index)
  kref_init(mdev_parent.at.ref(parent))
  init_completion(mdev_parent.at.gone(parent))
  mutex_init(mdev_parent.at.lock(parent), '&parent->lock')
  let ret = mdev_alias_check(parent) || gate.init(parent)
  if (ret === 0) {
    ret = parent_create_sysfs_files(parent)
    if (ret !== 0) gate.destroy(parent)
  }
  if (ret !== 0) {
    kmem_cache_free(cache, mdev_parent, parent)
    return ret
  }
  mdev_compat_link(dev)
  list_add(link(parent), parent_list())
  gate.open(parent)
  return 0
}
