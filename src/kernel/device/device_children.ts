/**
 * Walks over the children of a device.
 *
 * Invariant   the child that `fn` sees is referenced until the walk moves on; `fn` may delete it. A child that has not
 *             finished device_add is not seen, and one that has begun device_del is not either.
 * Context     sleeps if `fn` does.
 * Source      drivers/base/core.c
 */
import { NULL } from '../../base/addr.ts'
import { device, type Device } from './device_struct.ts'
import { klist_count, klist_iter_exit, klist_next } from './klist.ts'

const CHILDREN = device.at.klist_children
const ofKnode = device.of.knode_parent

/** Calls `fn` for each child. Stops at the first non-zero result and returns it. */
export function device_for_each_child(parent: Device, fn: (child: Device) => number): number {
  const k = CHILDREN(parent)
  for (let n = klist_next(k, NULL); n !== 0; n = klist_next(k, n)) {
    const result = fn(ofKnode(n))
    if (result === 0) continue
    klist_iter_exit(k, n)
    return result
  }
  return 0
}

/** Number of children, dead ones that a walker still stands on included. */
export function device_child_count(parent: Device): number {
  return klist_count(CHILDREN(parent))
}
