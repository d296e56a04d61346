/**
 * The list of registered parents.
 *
 * Invariant    a parent is on parent_list from its registration to the start of its unregistration; where that goes in two halves,
 *              to its end, marked as going.
 * Lock order   parent_list_lock is outermost of mdev's. Strategies without a gate hold it over the whole of unregistration, so no
 *              other parent can come or go meanwhile; the others to change the list.
 */
import { read } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { rootAddr } from '../mem/arena.ts'
import { list_next } from '../mem/list.ts'
import { mdev_globals, mdev_parent } from './types.ts'

const ROOT = rootAddr('mdev')
const G = mdev_globals.offset
const DEV = mdev_parent.offset.dev
const parent_of_link = mdev_parent.of.next

/** The lock. */
export function parent_list_lock(): Addr<'mutex'> {
  return as(read(ROOT) + G.parent_list_lock)
}

/** Its head. */
export function parent_list(): Addr<'list_head'> {
  return as(read(ROOT) + G.parent_list)
}

/** The listed parent of a device, or NULL. parent_list_lock is held. */
export function find_parent_device(dev: Addr<'device'>): Addr<'mdev_parent'> {
  const head = parent_list()
  for (let node = list_next(head); node !== head; node = list_next(node)) {
    const parent = parent_of_link(node)
    if (read(parent + DEV) === dev) return parent
  }
  return NULL
}
