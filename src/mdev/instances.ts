/**
 * Counting the devices of a parent in the core: what 6.1 does for drivers that only know how many they can make.
 *
 * Invariant   available_instances + devices that count = max_instances. The counter lies in the vendor's memory, next to its
 *             operations, because a device that is still referenced outlives its parent.
 * Context     any; never sleeps. The kernel counts under mdev_list_lock; here the word is atomic.
 * Source      mdev_device_create, mdev_device_release, 6.1
 */
import { cmpxchg, fetch_add, read, READ_ONCE, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { parent_ops } from './driver.ts'
import { mdev_device, mdev_parent, mdev_parent_ops } from './types.ts'

const OPS = mdev_parent.offset.ops
const LEFT = mdev_parent_ops.offset.available_instances
const { parent: PARENT, counted: COUNTED } = mdev_device.offset

/** Takes one instance of the device's parent. False if there is none left; true where the core does not count. */
export function count_instance(mdev: Addr<'mdev_device'>): boolean {
  const parent = as<'mdev_parent'>(read(mdev + PARENT))
  if (parent_ops(parent).max_instances === undefined) return true
  const counter = read(parent + OPS) + LEFT
  for (let seen = READ_ONCE(counter); seen > 0;) {
    const found = cmpxchg(counter, seen, seen - 1)
    if (found === seen) {
      write(mdev + COUNTED, counter)
      return true
    }
    seen = found
  }
  return false
}

/** Gives it back: the device's release. */
export function uncount_instance(mdev: Addr<'mdev_device'>): void {
  const counter = read(mdev + COUNTED)
  if (counter !== 0) fetch_add(counter, 1)
}

/** Instances that are left, -1 where the core does not count. */
export function parent_instances(parent: Addr<'mdev_parent'>): number {
  const counts = parent_ops(parent).max_instances !== undefined
  return counts ? READ_ONCE(read(parent + OPS) + LEFT) : -1
}
