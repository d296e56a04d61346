/**
 * Active references: an operation on a file holds one, a removal closes the node and waits for them. This is what lets
 * an unregistering parent rely on "no store of this attribute is running".
 *
 * State    the table of `active` in node.ts.
 * Order    outer to every lock that a show or store takes; a removal waits for it like a writer, so lockdep sees
 *          `kn->active` as a reader-writer lock.
 * Context  get and put: any. Waiting sleeps and must hold no lock that an operation takes.
 * Source   fs/kernfs/dir.c (kernfs_get_active, kernfs_put_active, kernfs_drain)
 */
import { cmpxchg, fetch_add, fetch_sub, futex_wait, futex_wake, READ_ONCE } from '#access'
import {
  LOCK_READ,
  LOCK_WRITE,
  might_sleep,
  trace_enter,
  trace_leave,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_contended,
  trace_lock_release,
} from '#trace'
import { INT_MAX } from '../../base/constants.ts'
import { BLOCKED_KERNFS, clear_blocked, pop_read, push_read, set_blocked } from '../../mem/index.ts'
import {
  KERNFS_FILE,
  KERNFS_SUICIDED,
  kernfs_node,
  kernfs_type,
  kernfs_waitq,
  KN_DEACTIVATED_BIAS,
  type Kn,
} from './node.ts'

const ACTIVE = kernfs_node.offset.active
const FLAGS = kernfs_node.offset.flags
const DEP_MAP = kernfs_node.offset.dep_map

/** True if operations may start on the node. */
export function kernfs_active(kn: Kn): boolean {
  return READ_ONCE(kn + ACTIVE) >= 0
}

/** Starts an operation. False for a node that is closed: the caller answers -ENODEV. */
export function kernfs_get_active(kn: Kn): boolean {
  let seen = READ_ONCE(kn + ACTIVE)
  while (seen >= 0) {
    const found = cmpxchg(kn + ACTIVE, seen, seen + 1)
    if (found === seen) {
      annotate_get(kn)
      return true
    }
    seen = found
  }
  return false
}

/** Tells reports and detectors that this task is in an operation of the node: a reader of it, to whoever drains. */
function annotate_get(kn: Kn): void {
  push_read(kn)
  trace_lock_acquire(kn, kn + DEP_MAP, 0, true, LOCK_READ, 0)
  trace_lock_acquired(kn)
}

/** Ends an operation; the last one of a closed node wakes whoever waits for it. */
export function kernfs_put_active(kn: Kn): void {
  pop_read(kn)
  trace_lock_release(kn, kn + DEP_MAP)
  const bell = kernfs_waitq(kn)
  if (fetch_sub(kn + ACTIVE, 1) - 1 !== KN_DEACTIVATED_BIAS) return
  fetch_add(bell, 1)
  futex_wake(bell, INT_MAX)
}

/** Gives the running operation's reference up, so that the node can be removed from inside it. */
export function kernfs_break_active_protection(kn: Kn): void {
  kernfs_put_active(kn)
}

/** Makes the count right again for the put that ends the operation. The node stays closed. */
export function kernfs_unbreak_active_protection(kn: Kn): void {
  fetch_add(kn + ACTIVE, 1)
  annotate_get(kn)
}

/** Closes the node: no operation starts any more. Several removers may call it; the bias is added once. */
export function kernfs_deactivate(kn: Kn): void {
  let seen = READ_ONCE(kn + ACTIVE)
  while (seen >= 0) {
    const found = cmpxchg(kn + ACTIVE, seen, seen + KN_DEACTIVATED_BIAS)
    if (found === seen) return
    seen = found
  }
}

/** Opens a new node. Only between its creation and its first use, under the lock of its directory. */
export function kernfs_activate_node(kn: Kn): void {
  fetch_sub(kn + ACTIVE, KN_DEACTIVATED_BIAS)
}

/** True if the node is closed and no operation is left. */
export function kernfs_drained(kn: Kn): boolean {
  return READ_ONCE(kn + ACTIVE) === KN_DEACTIVATED_BIAS
}

/** Waits until no operation is left on a closed node. The tree lock must not be held. */
export function kernfs_wait_drained(kn: Kn): void {
  might_sleep()
  trace_enter('kernfs_drain')
  drain(kn)
  trace_leave('kernfs_drain')
}

function drain(kn: Kn): void {
  const lockdep = kernfs_type(kn) === KERNFS_FILE
  if (lockdep) trace_lock_acquire(kn, kn + DEP_MAP, 0, false, LOCK_WRITE, 0)
  if (!kernfs_drained(kn)) {
    if (lockdep) trace_lock_contended(kn)
    wait(kn, 0)
  }
  if (!lockdep) return
  trace_lock_acquired(kn)
  trace_lock_release(kn, kn + DEP_MAP)
}

/** Waits until another task has removed the node from inside its own operation, and that operation is over. */
export function kernfs_wait_suicided(kn: Kn): void {
  might_sleep()
  wait(kn, KERNFS_SUICIDED)
}

function wait(kn: Kn, flag: number): void {
  const bell = kernfs_waitq(kn)
  for (;;) {
    const seen = READ_ONCE(bell)
    if ((READ_ONCE(kn + FLAGS) & flag) === flag && kernfs_drained(kn)) break
    set_blocked(kn, BLOCKED_KERNFS)
    futex_wait(bell, seen)
    clear_blocked()
  }
}
