/**
 * Directories: linking, finding and unlinking nodes.
 *
 * Invariant   a node is linked exactly while it is in its parent's list and in the hash bucket of (parent, name).
 * Order       lock of the directory (node.ts); nothing is taken under it.
 * Context     may sleep.
 * Source      fs/kernfs/dir.c. The hash replaces the kernel's red-black tree per directory.
 */
import { fetch_and, fetch_or, read, READ_ONCE, write } from '#access'
import { lockdep_assert_held } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { EEXIST, ENOENT, ENOMEM } from '../../base/errno.ts'
import { list_add_tail, list_del } from '../../mem/index.ts'
import { down_read, down_write, up_read, up_write } from '../../sync/index.ts'
import { oops } from '../oops.ts'
import { name_eq, name_hash } from '../qstr.ts'
import { kernfs_activate_node, kernfs_active } from './active.ts'
import {
  KERNFS_ACTIVATED,
  kernfs_bucket,
  KERNFS_DIR,
  KERNFS_FILE,
  kernfs_get,
  KERNFS_LINK,
  KERNFS_LINKED,
  kernfs_new_node,
  kernfs_node,
  kernfs_put,
  KERNFS_REMOVING,
  kernfs_sem,
  type Kn,
} from './node.ts'

const { parent, name, flags, hash_next, priv, attr } = kernfs_node.offset
type Name = Addr<'qstr'>

function bucketOf(dir: Kn, called: Name): number {
  return kernfs_bucket(dir, name_hash(called))
}

/** Finds a node by name. The directory's lock is held. Returns NULL if there is none. */
export function __kernfs_find(dir: Kn, called: Name): Kn {
  let kn = read(bucketOf(dir, called))
  while (kn !== 0 && (read(kn + parent) !== dir || !name_eq(as(kn + name), called))) kn = read(kn + hash_next)
  return as(kn)
}

/** Finds a node by name and takes a reference. Returns NULL if there is none. */
export function kernfs_find_and_get(dir: Kn, called: Name): Kn {
  if (called === 0) return NULL
  const sem = kernfs_sem(dir)
  down_read(sem)
  const kn = kernfs_get(__kernfs_find(dir, called))
  up_read(sem)
  return kn
}

/**
 * What a path lookup sees: a node that is closed, or not open yet, is invisible.
 * @returns a referenced node, or NULL for -ENOENT
 */
export function kernfs_lookup(dir: Kn, called: Name): Kn {
  const kn = kernfs_find_and_get(dir, called)
  if (kn === 0 || kernfs_active(kn)) return kn
  kernfs_put(kn)
  return NULL
}

/** Links the node into its parent's list and bucket. The directory's lock is held for writing. */
function kernfs_link_sibling(dir: Kn, kn: Kn): void {
  const bucket = bucketOf(dir, as(kn + name))
  write(kn + hash_next, read(bucket))
  write(bucket, kn)
  list_add_tail(kernfs_node.at.sibling(kn), kernfs_node.at.children(dir))
  fetch_or(kn + flags, KERNFS_LINKED)
}

/** Unlinks the node. True for the one caller that did it. The directory's lock is held for writing. */
export function kernfs_unlink_sibling(kn: Kn): boolean {
  if ((fetch_and(kn + flags, ~KERNFS_LINKED) & KERNFS_LINKED) === 0) return false
  const dir = as<'kernfs_node'>(read(kn + parent))
  lockdep_assert_held(kernfs_sem(dir))
  let at = bucketOf(dir, as(kn + name))
  let next = read(at)
  while (next !== kn) {
    if (next === 0) oops('BUG: a kernfs node is missing from its bucket, address', kn)
    at = next + hash_next
    next = read(at)
  }
  write(at, read(kn + hash_next))
  list_del(kernfs_node.at.sibling(kn))
  return true
}

/** True while the node is in its directory. */
export function kernfs_is_linked(kn: Kn): boolean {
  return (READ_ONCE(kn + flags) & KERNFS_LINKED) !== 0
}

/** Links a new node under its parent: -EEXIST for a name that is taken, -ENOENT if the directory is being removed. */
function __kernfs_add_one(dir: Kn, kn: Kn): number {
  if (!kernfs_active(dir) || (READ_ONCE(dir + flags) & KERNFS_REMOVING) !== 0) return -ENOENT
  if (__kernfs_find(dir, as(kn + name)) !== 0) return -EEXIST
  kernfs_link_sibling(dir, kn)
  kernfs_get(kn)
  return 0
}

/** Opens a linked node, unless its removal has begun in the meantime. */
function kernfs_activate(dir: Kn, kn: Kn): void {
  const sem = kernfs_sem(dir)
  down_write(sem)
  const seen = READ_ONCE(kn + flags)
  if ((seen & (KERNFS_ACTIVATED | KERNFS_REMOVING)) === 0) {
    kernfs_activate_node(kn)
    fetch_or(kn + flags, KERNFS_ACTIVATED)
  }
  up_write(sem)
}

/**
 * Adds a node with all its fields set. Returns it, referenced, because from the moment it is linked a removal of the
 * directory may take it away again; or drops it and returns a negative errno.
 */
function kernfs_add_one(dir: Kn, kn: Kn): number {
  const sem = kernfs_sem(dir)
  down_write(sem)
  const error = __kernfs_add_one(dir, kn)
  up_write(sem)
  if (error !== 0) {
    kernfs_put(kn)
    return error
  }
  kernfs_activate(dir, kn)
  return kn
}

/** Ends an addition whose caller does not want the node. */
function added(kn: number): number {
  if (kn < 0) return kn
  kernfs_put(as(kn))
  return 0
}

/**
 * Makes a directory.
 * @param priv the kobject it stands for
 * @returns its node, referenced, or -EEXIST, -ENOENT (the parent is going), -ENOMEM
 */
export function kernfs_create_dir(dir: Kn, called: Name, mode: number, object: number): number {
  if (called === 0) return -ENOMEM
  const kn = kernfs_new_node(dir, called, KERNFS_DIR, mode)
  if (kn === 0) return -ENOMEM
  write(kn + priv, object)
  return kernfs_add_one(dir, kn)
}

/**
 * Makes a file.
 * @param attribute id of the attribute that serves it
 * @param lockName lock class of its active reference
 * @returns 0, -EEXIST, -ENOENT (the directory is going) or -ENOMEM
 */
export function kernfs_create_file(
  dir: Kn,
  called: Name,
  mode: number,
  object: number,
  attribute: number,
  lockName: string,
): number {
  if (called === 0) return -ENOMEM
  const kn = kernfs_new_node(dir, called, KERNFS_FILE, mode, lockName)
  if (kn === 0) return -ENOMEM
  write(kn + priv, object)
  write(kn + attr, attribute)
  return added(kernfs_add_one(dir, kn))
}

/** Makes a symbolic link to a node, which it references. Returns 0, -EEXIST, -ENOENT or -ENOMEM. */
export function kernfs_create_link(dir: Kn, called: Name, target: Kn): number {
  if (called === 0) return -ENOMEM
  const kn = kernfs_new_node(dir, called, KERNFS_LINK, 0o777)
  if (kn === 0) return -ENOMEM
  write(kn + attr, kernfs_get(target))
  return added(kernfs_add_one(dir, kn))
}
