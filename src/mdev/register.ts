/**
 * Registration and unregistration of parents.
 *
 * Invariant    a parent is on parent_list exactly while it is registered. After unregistration, in a guarded strategy,
 *              it has no child and nothing of it is in sysfs.
 * Lock order   parent_list_lock is outermost. Unguarded strategies hold it over the whole of unregistration, so no other
 *              parent can come or go meanwhile; guarded ones only to unlist.
 * Context      process, may sleep; unregistration waits for creates and removes in flight, and for readers of the
 *              parent's attributes.
 * Errors       -EINVAL no device, or an alias longer than there are; -EEXIST registered already; -ENOMEM.
 * Source       mdev_register_device, mdev_unregister_device
 */
import { read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EEXIST, EINVAL, ENOMEM } from '../base/errno.ts'
import { symbol } from '../base/symbols.ts'
import { get_device, put_device } from '../kernel/device/device.ts'
import { device_for_each_child } from '../kernel/device/device_children.ts'
import { rootAddr } from '../mem/arena.ts'
import { list_add, list_del, list_next } from '../mem/list.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import { set_where } from '../mem/task.ts'
import { kref_init, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { mdev_alias_check } from './alias.ts'
import { mdev_announce, mdev_compat_link, mdev_compat_unlink } from './compat.ts'
import { mdev_device_remove, mdev_device_remove_common, strategy } from './core.ts'
import type { Gate } from './gates/gate.ts'
import { dev_is_mdev, to_mdev_device } from './identity.ts'
import { mdev_put_parent } from './parent.ts'
import { parent_create_sysfs_files, parent_remove_sysfs_files } from './type_sysfs.ts'
import { mdev_globals, mdev_parent } from './types.ts'

const ROOT = rootAddr('mdev')
const G = mdev_globals.offset
const P = mdev_parent.offset
const link = mdev_parent.at.next
const parent_of_link = mdev_parent.of.next
const IN_REGISTER = symbol('mdev_register_device')
const IN_UNREGISTER = symbol('mdev_unregister_device')

function parent_list_lock(): Addr<'mutex'> {
  return as(read(ROOT) + G.parent_list_lock)
}

function parent_list(): Addr<'list_head'> {
  return as(read(ROOT) + G.parent_list)
}

/** The registered parent of a device, or NULL. parent_list_lock is held. */
function __find_parent_device(dev: Addr<'device'>): Addr<'mdev_parent'> {
  const head = parent_list()
  for (let node = list_next(head); node !== head; node = list_next(node)) {
    const parent = parent_of_link(node)
    if (read(parent + P.dev) === dev) return parent
  }
  return NULL
}

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
  mutex_lock(parent_list_lock())
  let ret = -EEXIST
  if (__find_parent_device(dev) === 0) ret = add_parent(dev, ops, driver, index)
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

/** Takes the device back: its children are removed first. A device that is not registered is ignored. */
export function mdev_unregister_device(dev: Addr<'device'>): void {
  trace_enter('mdev_unregister_device')
  set_where(IN_UNREGISTER)
  const { gate } = strategy()
  mutex_lock(parent_list_lock())
  const parent = __find_parent_device(dev)
  if (parent !== 0) list_del(link(parent))
  if (gate.guarded || parent === 0) mutex_unlock(parent_list_lock())
  if (parent !== 0) {
    // The announcement at the end needs the device, which the parent's last reference would let go.
    get_device(dev)
    if (gate.guarded) unregister_guarded(gate, parent, dev)
    else unregister_unguarded(parent, dev)
    mdev_put_parent(parent)
    mdev_announce(dev, false)
    put_device(dev)
  }
  trace_leave('mdev_unregister_device')
}

/** Since 5.2 (5715c4dd66a3): nobody is at work when the walk begins, and nobody can begin. */
function unregister_guarded(gate: Gate, parent: Addr<'mdev_parent'>, dev: Addr<'device'>): void {
  gate.begin_unregister(parent)
  trace_point('mdev_unregister_device:closed')
  mdev_compat_unlink(dev)
  device_for_each_child(dev, (child) => {
    if (dev_is_mdev(child)) mdev_device_remove_common(to_mdev_device(child))
    return 0
  })
  parent_remove_sysfs_files(parent)
  gate.end_unregister(parent)
}

/**
 * Before 5.2 (5715c4dd66a3): a forced remove of each child, under parent_list_lock. The walk ends at the first child that somebody else
 * is removing or creating; what is behind it is left.
 */
function unregister_unguarded(parent: Addr<'mdev_parent'>, dev: Addr<'device'>): void {
  mdev_compat_unlink(dev)
  device_for_each_child(dev, (child) =>
    dev_is_mdev(child) ? mdev_device_remove(to_mdev_device(child), true) : 0,
  )
  trace_point('mdev_unregister_device:walked')
  parent_remove_sysfs_files(parent)
  mutex_unlock(parent_list_lock())
}
