/**
 * klist: a list that can be walked while nodes come and go.
 *
 *   klist_node.klist   the list while the node is on it; 0 when the last reference on the node is gone
 *             .dead    1 once klist_del was called: walkers skip it
 *             .ref     1 for membership, 1 per walker that stands on the node
 *             .unlinked   changes when the node is unlinked: what klist_remove waits for. `klist` may be the same list again by
 *                      the time that the waiter looks
 *
 * Invariant   a node is unlinked when `ref` reaches 0, so a walker never stands on an unlinked node. Nodes added at the
 *             tail during a walk may be seen.
 * Order       k_lock is a leaf; get and put of the list's ops run outside it.
 * Context     klist_remove sleeps, and so may the put of a list.
 * Source      lib/klist.c
 */
import { futex_wait, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { might_sleep } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { INT_MAX } from '../../base/constants.ts'
import { OpsTable } from '../../base/ops.ts'
import {
  BLOCKED_WAIT_QUEUE,
  clear_blocked,
  embed,
  guarded_by,
  INIT_LIST_HEAD,
  list_add_tail,
  list_count,
  list_del,
  list_head,
  list_next,
  ptr,
  set_blocked,
  struct,
  word,
} from '../../mem/index.ts'
import { oops, WARN } from '../oops.ts'
import { spin_lock, spin_lock_init, spin_unlock, spinlock } from '../../sync/index.ts'

export const klist_node = struct('klist_node', {
  klist: ptr('klist'),
  dead: guarded_by('k_lock', word),
  ref: guarded_by('k_lock', word),
  /** How often the node has been unlinked, times two; bit 0: somebody waits for the next time. Never reset. */
  unlinked: guarded_by('k_lock', word),
  node: guarded_by('k_lock', embed(list_head)),
})
export type KlistNode = Addr<'klist_node'>

export const klist = struct('klist', {
  k_lock: embed(spinlock),
  k_list: guarded_by('k_lock', embed(list_head)),
  /** Id of the KlistOps; 0 for none. */
  ops: word,
})
export type Klist = Addr<'klist'>

/** References that membership and walkers hold on the object around a node. */
export interface KlistOps {
  readonly get: (node: KlistNode) => void
  readonly put: (node: KlistNode) => void
}
export const klist_ops = new OpsTable<KlistOps>('klist_ops')

const { klist: KLIST, dead: DEAD, ref: REF, unlinked: UNLINKED } = klist_node.offset
const OPS = klist.offset.ops
/** Bit 0 of `unlinked`. */
const WAITED = 1
const LOCK = klist.at.k_lock
const LIST = klist.at.k_list
const NODE = klist_node.at.node
const ofNode = klist_node.of.node

/** Prepares an empty list. `ops` is an id of klist_ops, 0 for none. */
export function klist_init(k: Klist, ops: number): void {
  spin_lock_init(LOCK(k), '&k->k_lock')
  INIT_LIST_HEAD(LIST(k))
  write(k + OPS, ops)
}

/** Appends a node. */
export function klist_add_tail(n: KlistNode, k: Klist): void {
  const ops = read(k + OPS)
  if (ops !== 0) klist_ops.get(ops).get(n)
  write(n + DEAD, 0)
  write(n + REF, 1)
  WRITE_ONCE(n + KLIST, k)
  spin_lock(LOCK(k))
  list_add_tail(NODE(n), LIST(k))
  spin_unlock(LOCK(k))
}

/** Drops one reference of a node; the last unlinks it. True if it was the last. k_lock is held. */
function klist_dec_and_del(n: KlistNode): boolean {
  const ref = read(n + REF) - 1
  write(n + REF, ref)
  if (ref !== 0) return false
  list_del(NODE(n))
  const unlinked = read(n + UNLINKED)
  WRITE_ONCE(n + KLIST, 0)
  // From here on a waiter may free the node.
  WRITE_ONCE(n + UNLINKED, (unlinked | WAITED) + 1)
  if ((unlinked & WAITED) !== 0) futex_wake(n + UNLINKED, INT_MAX)
  return true
}

function putObject(k: Klist, n: KlistNode): void {
  const ops = read(k + OPS)
  if (ops !== 0) klist_ops.get(ops).put(n)
}

/** List a node is on. A node that was taken off already has none: a NULL dereference, as in the kernel. */
function listOf(n: KlistNode): Klist {
  const k = as<'klist'>(READ_ONCE(n + KLIST))
  if (k === 0) oops('BUG: kernel NULL pointer dereference, address', n)
  return k
}

/**
 * Marks a node dead, under k_lock, which is dropped if it was: a second one would take the reference of a walker, who would then
 * stand on a node that is unlinked. The kernel warns and does so.
 */
function knode_kill(k: Klist, n: KlistNode): boolean {
  spin_lock(LOCK(k))
  const alive = read(n + DEAD) === 0
  write(n + DEAD, 1)
  if (alive) return true
  spin_unlock(LOCK(k))
  WARN('klist: a node is taken off twice')
  return false
}

/** Takes a node off: walkers skip it from now on. It is unlinked when the last walker has left it. */
export function klist_del(n: KlistNode): void {
  const k = listOf(n)
  if (!knode_kill(k, n)) return
  const last = klist_dec_and_del(n)
  spin_unlock(LOCK(k))
  if (last) putObject(k, n)
}

/** klist_del that returns when no walker stands on the node any more. */
export function klist_remove(n: KlistNode): void {
  might_sleep()
  const k = listOf(n)
  if (!knode_kill(k, n)) return
  const waited = read(n + UNLINKED) | WAITED
  if (read(n + REF) > 1) WRITE_ONCE(n + UNLINKED, waited)
  const last = klist_dec_and_del(n)
  spin_unlock(LOCK(k))
  if (last) return putObject(k, n)
  set_blocked(n, BLOCKED_WAIT_QUEUE)
  while (READ_ONCE(n + UNLINKED) === waited) futex_wait(n + UNLINKED, waited)
  clear_blocked()
}

/** True while the node is on a list. */
export function klist_node_attached(n: KlistNode): boolean {
  return READ_ONCE(n + KLIST) !== 0
}

/**
 * Walks: leaves `last` (NULL at the start) and stands on the next living node, or returns NULL at the end.
 * A walk that stops early leaves its node with klist_iter_exit.
 */
export function klist_next(k: Klist, last: KlistNode): KlistNode {
  const head = LIST(k)
  spin_lock(LOCK(k))
  let at = list_next(last === 0 ? head : NODE(last))
  while (at !== head && read(ofNode(at) + DEAD) === 1) at = list_next(at)
  const next: KlistNode = at === head ? NULL : ofNode(at)
  if (next !== 0) write(next + REF, read(next + REF) + 1)
  const left = last !== 0 && klist_dec_and_del(last)
  spin_unlock(LOCK(k))
  if (left) putObject(k, last)
  return next
}

/** Ends a walk that stands on a node. NULL is ignored. */
export function klist_iter_exit(k: Klist, n: KlistNode): void {
  if (n === 0) return
  spin_lock(LOCK(k))
  const left = klist_dec_and_del(n)
  spin_unlock(LOCK(k))
  if (left) putObject(k, n)
}

/** Nodes on the list, dead ones included. */
export function klist_count(k: Klist): number {
  spin_lock(LOCK(k))
  const count = list_count(LIST(k))
  spin_unlock(LOCK(k))
  return count
}
