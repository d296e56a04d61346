/**
 * Removal of a node and all below it: close, wait for operations in progress without the tree lock, unlink.
 *
 * Invariant   several removers may meet on one node; exactly one unlinks it and drops the reference of the tree.
 * Order       takes the directory lock and drops it while waiting. The caller holds no lock that an operation on any
 *             of the nodes takes, or the two wait for each other.
 * Context     sleeps.
 * Source      fs/kernfs/dir.c (__kernfs_remove, kernfs_drain)
 */
import { fetch_or, read } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { ENOENT } from '../../base/errno.ts'
import { list_empty, list_next } from '../../mem/index.ts'
import { down_read, down_write, up_read, up_write } from '../../sync/index.ts'
import { kernfs_deactivate, kernfs_drained, kernfs_wait_drained } from './active.ts'
import { __kernfs_find, kernfs_find_and_get, kernfs_is_linked, kernfs_unlink_sibling } from './dir.ts'
import {
  KERNFS_DIR,
  KERNFS_FILE,
  kernfs_get,
  kernfs_is_global,
  kernfs_node,
  kernfs_put,
  KERNFS_REMOVING,
  kernfs_sem,
  kernfs_type,
  type Kn,
} from './node.ts'

const { flags, parent } = kernfs_node.offset
const { children, sibling } = kernfs_node.at
const ofSibling = kernfs_node.of.sibling

function firstChild(kn: Kn): Kn {
  if (kernfs_type(kn) !== KERNFS_DIR || list_empty(children(kn))) return NULL
  return ofSibling(list_next(children(kn)))
}

function leftmost(kn: Kn): Kn {
  let at = kn
  for (let child = firstChild(at); child !== 0; child = firstChild(at)) at = child
  return at
}

/** Next node after `at` in post-order below `top`; NULL after `top` itself. */
function nextPost(at: Kn, top: Kn): Kn {
  if (at === top) return NULL
  const dir = as<'kernfs_node'>(read(at + parent))
  const next = list_next(sibling(at))
  return next === children(dir) ? dir : leftmost(ofSibling(next))
}

function close(kn: Kn): void {
  fetch_or(kn + flags, KERNFS_REMOVING)
  kernfs_deactivate(kn)
}

/** Waits out the operations of a closed node; the tree lock, held for writing, is dropped meanwhile. */
function kernfs_drain(kn: Kn, sem: Addr<'rw_semaphore'>): void {
  if (kernfs_type(kn) !== KERNFS_FILE && kernfs_drained(kn)) return
  up_write(sem)
  kernfs_wait_drained(kn)
  down_write(sem)
}

/** Removes a subtree. The lock of the whole tree is held for writing, and dropped while waiting. */
function __kernfs_remove(kn: Kn, sem: Addr<'rw_semaphore'>): void {
  if (!kernfs_is_linked(kn)) return
  for (let at = leftmost(kn); at !== 0; at = nextPost(at, kn)) close(at)
  for (let at: Kn = NULL; at !== kn;) {
    at = leftmost(kn)
    kernfs_get(at)
    kernfs_drain(at, sem)
    if (kernfs_unlink_sibling(at)) kernfs_put(at)
    kernfs_put(at)
  }
}

function getFirstChild(kn: Kn): Kn {
  if (kernfs_type(kn) !== KERNFS_DIR) return NULL
  const sem = kernfs_sem(kn)
  down_read(sem)
  const child = kernfs_get(firstChild(kn))
  up_read(sem)
  return child
}

/**
 * The same with a lock per directory: closes and empties the directory, then unlinks it. The lock of its parent orders the closing
 * after an activation that has not seen it. An addition that found the directory open holds the directory's own lock, which the look
 * for a child waits for.
 */
function remove_sharded(kn: Kn): void {
  if (!kernfs_is_linked(kn)) return
  const above = kernfs_sem(as(read(kn + parent)))
  down_write(above)
  close(kn)
  up_write(above)
  for (let child = getFirstChild(kn); child !== 0; child = getFirstChild(kn)) {
    remove_sharded(child)
    kernfs_put(child)
  }
  kernfs_wait_drained(kn)
  down_write(above)
  const mine = kernfs_unlink_sibling(kn)
  up_write(above)
  if (mine) kernfs_put(kn)
}

/** Removes a node and everything below it. Waits for operations in progress. NULL is ignored. */
export function kernfs_remove(kn: Kn): void {
  if (kn === 0) return
  if (!kernfs_is_global()) return remove_sharded(kn)
  const sem = kernfs_sem(kn)
  down_write(sem)
  __kernfs_remove(kn, sem)
  up_write(sem)
}

/** Removes the node of that name. Returns 0, or -ENOENT. */
export function kernfs_remove_by_name(dir: Kn, called: Addr<'qstr'>): number {
  if (!kernfs_is_global()) {
    const found = kernfs_find_and_get(dir, called)
    if (found === 0) return -ENOENT
    remove_sharded(found)
    kernfs_put(found)
    return 0
  }
  const sem = kernfs_sem(dir)
  down_write(sem)
  const kn = __kernfs_find(dir, called)
  if (kn !== 0) {
    kernfs_get(kn)
    __kernfs_remove(kn, sem)
    kernfs_put(kn)
  }
  up_write(sem)
  return kn === 0 ? -ENOENT : 0
}
