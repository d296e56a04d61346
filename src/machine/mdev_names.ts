/**
 * Names for what CPUs of a machine with mdev wait for and hold: locks of the mdev core and of the kernel around it, files of sysfs.
 */
import { read } from '#access'
import { as } from '../base/addr.ts'
import { kernfs_node, kernfs_path, kernfs_sem, sysfs_root } from '../kernel/index.ts'
import { mdev_globals, mdev_parent } from '../mdev/types.ts'
import { arenaUsedWords, rootAddr } from '../mem/arena.ts'
import { list_next } from '../mem/list.ts'
import { mutex_lock, mutex_unlock } from '../sync/index.ts'
import { LOCK_KIND_MUTEX, LOCK_KIND_RWSEM, register_lock } from './lock_registry.ts'

const ROOT = rootAddr('mdev')
const P = mdev_parent.at
const NODE_PARENT = kernfs_node.offset.parent
/** Directories that a path of /sys has at most. */
const DEEPEST = 16

/** Locks that registerSystemLocks names. */
const SYSTEM_LOCKS = 3
/** Locks that each parent has. */
const LOCKS_PER_PARENT = 2

/** Named locks of a machine with so many parents. */
export function mdevLockSlots(parents: number): number {
  return SYSTEM_LOCKS + LOCKS_PER_PARENT * parents
}

/** The locks that exist once. Boot CPU. */
export function registerSystemLocks(): void {
  const g = as<'mdev_globals'>(read(ROOT))
  register_lock(mdev_globals.at.parent_list_lock(g), LOCK_KIND_MUTEX, 'parent_list_lock')
  register_lock(mdev_globals.at.mdev_list_lock(g), LOCK_KIND_MUTEX, 'mdev_list_lock')
  register_lock(kernfs_sem(sysfs_root()), LOCK_KIND_RWSEM, 'kernfs_rwsem')
}

/** The locks of the parents that are registered now; those of parents that are gone lose their address. */
export function registerParentLocks(parents: number): void {
  const g = as<'mdev_globals'>(read(ROOT))
  const lock = mdev_globals.at.parent_list_lock(g)
  const head = mdev_globals.at.parent_list(g)
  const here = Array.from({ length: parents }, () => 0)
  mutex_lock(lock)
  for (let node = list_next(head); node !== head; node = list_next(node)) {
    const parent = mdev_parent.of.next(node)
    here[read(parent + mdev_parent.offset.index)] = parent
  }
  for (const [index, address] of here.entries()) {
    const parent = as<'mdev_parent'>(address)
    register_lock(address && P.lock(parent), LOCK_KIND_MUTEX, '&parent->lock', index)
    register_lock(address && P.unreg_sem(parent), LOCK_KIND_RWSEM, '&parent->unreg_sem', index)
  }
  mutex_unlock(lock)
}

/** Path of the node at an address; '' if there is none: its way up does not end at /sys. For reports, so it trusts nothing. */
export function nodePath(address: number): string {
  const root = sysfs_root()
  let at = address
  for (let up = 0; up < DEEPEST && at > 0 && at < arenaUsedWords(); up++) {
    if (at === root) return kernfs_path(as(address))
    at = read(at + NODE_PARENT)
  }
  return ''
}

/** The file whose users a CPU waits for, or of which it is one; '' for what is none. As Program.describe. */
export function describeNode(address: number, kind: string): string {
  const path = kind === 'kernfs drain' || kind === 'reader' ? nodePath(address) : ''
  return path === '' ? '' : `kn->active of ${path}`
}
