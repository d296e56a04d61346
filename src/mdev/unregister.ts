/**
 * Unregistration of parents: at once, as in every kernel so far, or in two halves, where the gate can be closed without waiting.
 *
 * Why          "when unregister returns, nobody is at work and nobody will be" cannot be had by a caller who holds a lock that work
 *              in progress wants: docs/unregister-under-a-lock.md has the argument. In two halves the caller drops its lock between.
 * Invariant    after unregistration, in a guarded strategy, the parent has no child and nothing of it is in sysfs. Nobody waits for
 *              the gate, or for a file, while it holds a lock that work behind them takes.
 * States       not listed → listed → going → not listed. At once: a parent is unlisted first of all.
 * Lock order   see parent_list.ts.
 * Context      process, may sleep, but for the first half.
 * Source       mdev_unregister_device; the halves are ours, after netdevices: unlisted under rtnl, waited for without it (net/core/dev.c,
 *              netdev_run_todo)
 */
import { read, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import type { Addr } from '../base/addr.ts'
import { symbol } from '../base/symbols.ts'
import { get_device, put_device } from '../kernel/device/device.ts'
import { device_for_each_child } from '../kernel/device/device_children.ts'
import { list_del } from '../mem/list.ts'
import { set_where } from '../mem/task.ts'
import { complete_all, mutex_lock, mutex_unlock, wait_for_completion } from '../sync/index.ts'
import { mdev_announce, mdev_compat_unlink } from './compat.ts'
import { mdev_device_remove, mdev_device_remove_cb, strategy } from './core.ts'
import type { Gate } from './gates/gate.ts'
import { dev_is_mdev, to_mdev_device } from './identity.ts'
import { mdev_get_parent, mdev_put_parent } from './parent.ts'
import { find_parent_device, parent_list_lock } from './parent_list.ts'
import { parent_remove_sysfs_files } from './type_sysfs.ts'
import { mdev_parent } from './types.ts'

const GOING = mdev_parent.offset.going
const link = mdev_parent.at.next
const gone = mdev_parent.at.gone
const IN_UNREGISTER = symbol('mdev_unregister_device')

/**
 * Takes the device back: its children are removed first. A device that is not registered is ignored. Where unregistration goes in two
 * halves and another task is at it, waits for that one.
 */
export function mdev_unregister_device(dev: Addr<'device'>): void {
  trace_enter('mdev_unregister_device')
  set_where(IN_UNREGISTER)
  if (!in_halves()) unregister_at_once(dev)
  else if (mdev_unregister_begin(dev)) mdev_unregister_finish(dev)
  else wait_gone(dev)
  trace_leave('mdev_unregister_device')
}

function unregister_at_once(dev: Addr<'device'>): void {
  const { gate } = strategy()
  mutex_lock(parent_list_lock())
  const parent = find_parent_device(dev)
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
}

/** True if the strategy's gate lets a vendor call the two halves below by themselves. */
export function in_halves(): boolean {
  return strategy().gate.close !== undefined
}

/**
 * The first half: from here on creates and removes answer -ENODEV, and a registration -EBUSY. Those that are inside go on. Waits
 * for nobody and touches no file, so the caller may hold any lock that a vendor's create and remove take. Until the second half
 * is over, the vendor's object, its operations and its code stay.
 * @returns true if the caller is to call the second half; false if the device is not registered, or another task is at it
 */
export function mdev_unregister_begin(dev: Addr<'device'>): boolean {
  mutex_lock(parent_list_lock())
  const parent = find_parent_device(dev)
  const mine = parent !== 0 && read(parent + GOING) === 0
  if (mine) {
    write(parent + GOING, 1)
    strategy().gate.close?.(parent)
  }
  mutex_unlock(parent_list_lock())
  trace_point('mdev_unregister_begin:closed')
  return mine
}

/**
 * The second half, once, by whoever was told to: waits for the creates and removes inside, removes the children and the files.
 * The caller holds no lock that a vendor's create or remove takes.
 */
export function mdev_unregister_finish(dev: Addr<'device'>): void {
  trace_enter('mdev_unregister_finish')
  mutex_lock(parent_list_lock())
  const parent = find_parent_device(dev)
  mutex_unlock(parent_list_lock())
  get_device(dev)
  unregister_guarded(strategy().gate, parent, dev)
  // Before anybody can register it anew: its `registered` comes after this.
  mdev_announce(dev, false)
  mutex_lock(parent_list_lock())
  list_del(link(parent))
  mutex_unlock(parent_list_lock())
  complete_all(gone(parent))
  mdev_put_parent(parent)
  put_device(dev)
  trace_leave('mdev_unregister_finish')
}

/** Waits until another task has ended the unregistration that it has begun. */
function wait_gone(dev: Addr<'device'>): void {
  mutex_lock(parent_list_lock())
  const parent = find_parent_device(dev)
  if (parent !== 0) mdev_get_parent(parent)
  mutex_unlock(parent_list_lock())
  if (parent === 0) return
  // Nothing of its children is waited for here; lockdep is told all the same what the other task waits for.
  strategy().gate.begin_unregister(parent)
  wait_for_completion(gone(parent))
  mdev_put_parent(parent)
}

/** Since 5.2 (5715c4dd66a3): nobody is at work when the walk begins, and nobody can begin. */
function unregister_guarded(gate: Gate, parent: Addr<'mdev_parent'>, dev: Addr<'device'>): void {
  gate.begin_unregister(parent)
  trace_point('mdev_unregister_device:closed')
  mdev_compat_unlink(dev)
  device_for_each_child(dev, (child) => {
    if (dev_is_mdev(child)) mdev_device_remove_cb(to_mdev_device(child))
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
