/**
 * kernfs_node: a directory, file or symbolic link of the pseudo file system, and the globals of its one root.
 *
 *   active   n >= 0                 n operations run on the node
 *            BIAS + n               deactivated; n operations still run: no new one starts
 *            BIAS                   deactivated and drained
 *   flags    type bits; ACTIVATED once it is linked; REMOVING once a removal covers it; LINKED while it is in its
 *            parent; SUICIDAL and SUICIDED see self.ts
 *
 * A freed node has no type, so the use of a directory that is gone is noticed: the general protection fault of a real kernel.
 *
 * Invariant   a linked node holds a reference on its parent and on nothing else; a symbolic link also holds its target.
 *             The memory is type-stable (a slab of its own).
 * Order       kernfs_rwsem (lock.ts) is inner to every lock of the driver core; no lock is taken under it.
 * Source      fs/kernfs/dir.c
 */
import { cmpxchg, fetch_add, fetch_sub, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { LOCK_MAP, trace_lock_init } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import {
  alloc_boot,
  embed,
  guarded_by,
  INIT_LIST_HEAD,
  kmem_cache_active,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  list_head,
  ptr,
  rootAddr,
  struct,
  word,
  words,
} from '../../mem/index.ts'
import { init_rwsem, rw_semaphore } from '../../sync/index.ts'
import { oops } from '../oops.ts'
import { qstr, qstr_copy } from '../qstr.ts'

/** Added to `active` to close a node. */
export const KN_DEACTIVATED_BIAS = -0x7fff_ffff

export const KERNFS_DIR = 1
export const KERNFS_FILE = 2
export const KERNFS_LINK = 4
/** Bits of the type. */
const KERNFS_TYPE_MASK = 7
export const KERNFS_ACTIVATED = 8
export const KERNFS_SUICIDAL = 16
export const KERNFS_SUICIDED = 32
export const KERNFS_REMOVING = 64
export const KERNFS_LINKED = 128

export const kernfs_node = struct('kernfs_node', {
  /** Next node of the same hash bucket. First, because the slab links free objects by their first word. */
  hash_next: guarded_by('kernfs_rwsem', word),
  /** References on the memory. Atomic. */
  count: word,
  /** Operations in progress, with the bias once closed. Atomic. */
  active: word,
  /** KERNFS_* bits. Atomic. */
  flags: word,
  /** Permission bits. */
  mode: word,
  parent: ptr('kernfs_node'),
  name: embed(qstr),
  /** Links of the parent's list. */
  sibling: guarded_by('kernfs_rwsem', embed(list_head)),
  /** Directories: their nodes, in order of creation. */
  children: guarded_by('kernfs_rwsem', embed(list_head)),
  /** Object behind the node: a kobject for directories and files. */
  priv: word,
  /** Files: id of the attribute. Links: target node, which is referenced. */
  attr: word,
  /** Number of the node; never reused. */
  ino: word,
  /** Lock class of `active`, seen as a reader-writer lock. */
  dep_map: word,
})
export type Kn = Addr<'kernfs_node'>

const GPF = 'general protection fault, probably for non-canonical address'
const SHARDS = 64
/** Hash buckets of one shard, where nothing else is said. */
const SHARD_BUCKETS = 256
/** Nodes that a device has, roughly. */
const NODES_PER_DEVICE = 8
/** Words on which drainers sleep; a node picks one by its address. */
const WAITQS = 64

/** rw_semaphore on cache lines of its own. */
const SEM_STRIDE = Math.ceil(rw_semaphore.words / 16) * 16

const kernfs_globals = struct('kernfs_globals', {
  /** 1: one lock for the whole tree, as in the kernel. 0: one per shard. */
  second_order: word,
  /** Array of rw_semaphores: the first is kernfs_rwsem, the others are used only when second_order is off. */
  sems: word,
  /**
   * Hash buckets, and how many a directory's nodes are spread over, less one: under one lock all of them, else those of one shard. Of
   * each shard, how many from those of the next: 0 under one lock.
   */
  buckets: word,
  bucket_mask: word,
  bucket_stride: word,
  node_cache: ptr('kmem_cache'),
  /** /sys */
  root: ptr('kernfs_node'),
  next_ino: word,
  waitq: words(WAITQS),
})
const ROOT = rootAddr('kernfs')
const { second_order, sems, buckets, bucket_mask, bucket_stride, node_cache, root, next_ino, waitq } =
  kernfs_globals.offset
const { count, flags, mode, parent, name, attr, ino, dep_map } = kernfs_node.offset

/** Hash buckets of all shards together, in a machine that is to hold so many devices. */
export function kernfs_bucket_count(devices: number): number {
  const wanted = (devices * NODES_PER_DEVICE) / SHARDS
  return SHARDS * Math.max(SHARD_BUCKETS, 2 ** Math.ceil(Math.log2(Math.max(1, wanted))))
}

/**
 * Prepares kernfs and makes the root directory. Boot CPU only. Returns false when the arena is full.
 * @param devices that the machine is to hold; more only make look-ups slower
 */
export function kernfs_init(secondOrder: boolean, devices = 0): boolean {
  const g = alloc_boot(kernfs_globals.words)
  const locks = alloc_boot((SHARDS + 1) * SEM_STRIDE)
  const bucketCount = kernfs_bucket_count(devices)
  const table = alloc_boot(bucketCount)
  const cache = kmem_cache_create(kernfs_node)
  if (g === 0 || locks === 0 || table === 0 || cache === 0) return false
  write(ROOT, g)
  write(g + second_order, secondOrder ? 1 : 0)
  write(g + sems, locks)
  write(g + buckets, table)
  const ofShard = bucketCount / SHARDS
  write(g + bucket_mask, (secondOrder ? bucketCount : ofShard) - 1)
  write(g + bucket_stride, secondOrder ? 0 : ofShard)
  write(g + node_cache, cache)
  for (let i = 0; i <= SHARDS; i++) init_rwsem(as(locks + i * SEM_STRIDE), 'kernfs_rwsem')
  const top = kernfs_new_node(NULL, NULL, KERNFS_DIR, 0o755)
  write(g + root, top)
  if (top !== 0) write(top + flags, KERNFS_DIR | KERNFS_ACTIVATED | KERNFS_LINKED)
  return top !== 0
}

/** The root directory, /sys. */
export function sysfs_root(): Kn {
  return as(read(read(ROOT) + root))
}

function shardOf(dir: Kn): number {
  return (Math.imul(dir >>> 4, 0x9e37_79b1) >>> 16) & (SHARDS - 1)
}

/** Lock of a directory's contents. */
export function kernfs_sem(dir: Kn): Addr<'rw_semaphore'> {
  const g = read(ROOT)
  return as(read(g + sems) + (read(g + second_order) === 1 ? 0 : (1 + shardOf(dir)) * SEM_STRIDE))
}

/** True when one lock guards the whole tree. */
export function kernfs_is_global(): boolean {
  return read(read(ROOT) + second_order) === 1
}

/** Bucket of a name of this hash in a directory. */
export function kernfs_bucket(dir: Kn, hash: number): number {
  const g = read(ROOT)
  const first = read(g + buckets) + shardOf(dir) * read(g + bucket_stride)
  return first + ((hash ^ (dir >>> 5)) & read(g + bucket_mask))
}

/** Word on which to sleep for a change of the node's `active`. An event count: it only grows. */
export function kernfs_waitq(kn: Kn): number {
  return read(ROOT) + waitq + ((kn >>> 4) & (WAITQS - 1))
}

/**
 * Makes a node with one reference, not linked and not active. The parent is referenced.
 * @param lockName name of the class of `active`, as in `kn->active#remove`
 * @returns the node, or NULL for -ENOMEM
 */
export function kernfs_new_node(
  dir: Kn,
  called: Addr<'qstr'>,
  type: number,
  perm: number,
  lockName = 'kn->active',
): Kn {
  if (dir !== 0 && kernfs_type(dir) !== KERNFS_DIR) oops(GPF, dir)
  const g = read(ROOT)
  const kn = kmem_cache_zalloc(as<'kmem_cache'>(read(g + node_cache)), kernfs_node)
  if (kn === 0) return kn
  write(kn + count, 1)
  write(kn + kernfs_node.offset.active, dir === 0 ? 0 : KN_DEACTIVATED_BIAS)
  write(kn + flags, type)
  write(kn + mode, perm)
  write(kn + parent, dir)
  if (dir !== 0) kernfs_get(dir)
  if (called !== 0) qstr_copy(as(kn + name), called)
  if (type === KERNFS_DIR) INIT_LIST_HEAD(kernfs_node.at.children(kn))
  write(kn + ino, fetch_add(g + next_ino, 1) + 1)
  if (type === KERNFS_FILE) trace_lock_init(kn, kn + dep_map, lockName, LOCK_MAP)
  return kn
}

/** Takes a reference. NULL is ignored. A node without references is gone: an Oops, which leaves its memory alone. */
export function kernfs_get(kn: Kn): Kn {
  if (kn === 0) return kn
  for (let seen = READ_ONCE(kn + count); seen > 0;) {
    const found = cmpxchg(kn + count, seen, seen + 1)
    if (found === seen) return kn
    seen = found
  }
  return oops(GPF, kn)
}

/** Drops one reference; true if it was the last. */
function drop(kn: Kn): boolean {
  const seen = fetch_sub(kn + count, 1)
  if (seen <= 0) oops('BUG: kernfs_put without a reference, address', kn)
  return seen === 1
}

/** Gives a reference back; the last one frees the node, and may free the directories above it. NULL is ignored. */
export function kernfs_put(kn: Kn): void {
  let at = kn
  while (at !== 0 && drop(at)) {
    const up = as<'kernfs_node'>(read(at + parent))
    if ((READ_ONCE(at + flags) & KERNFS_LINK) !== 0) kernfs_put(as(read(at + attr)))
    WRITE_ONCE(at + flags, 0)
    kmem_cache_free(as(read(read(ROOT) + node_cache)), kernfs_node, at)
    at = up
  }
}

/** Type bit of a node. */
export function kernfs_type(kn: Kn): number {
  return READ_ONCE(kn + flags) & KERNFS_TYPE_MASK
}

/** Live nodes, the root included. Exact only while no CPU runs. */
export function kernfs_active_nodes(): number {
  return kmem_cache_active(as(read(read(ROOT) + node_cache)))
}
