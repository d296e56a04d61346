/**
 * Removal of a file from inside its own operation, as `echo 1 > remove` does.
 *
 *   flags  0                      nobody has asked yet
 *          SUICIDAL               a winner is removing the node
 *          SUICIDAL | SUICIDED    it is removed; losers leave once `active` has drained to the bias again
 *
 * Invariant   one caller per node gets true. A loser returns only when the winner's whole operation is over, so that
 *             its own success means the object is gone.
 * Context     inside an operation of the node; sleeps. The operation's protection is gone for good after the call.
 * Source      fs/kernfs/dir.c (kernfs_remove_self). There the flags change under kernfs_rwsem, here atomically.
 */
import { fetch_or } from '#access'
import { trace_enter, trace_leave } from '#trace'
import {
  kernfs_break_active_protection,
  kernfs_unbreak_active_protection,
  kernfs_wait_suicided,
} from './active.ts'
import { kernfs_node, KERNFS_SUICIDAL, KERNFS_SUICIDED, type Kn } from './node.ts'
import { kernfs_remove } from './remove.ts'

const FLAGS = kernfs_node.offset.flags

/** Removes the node whose operation is running. True for the caller that removed it. */
export function kernfs_remove_self(kn: Kn): boolean {
  trace_enter('kernfs_remove_self')
  const removed = __kernfs_remove_self(kn)
  trace_leave('kernfs_remove_self')
  return removed
}

function __kernfs_remove_self(kn: Kn): boolean {
  kernfs_break_active_protection(kn)
  if ((fetch_or(kn + FLAGS, KERNFS_SUICIDAL) & KERNFS_SUICIDAL) === 0) {
    kernfs_remove(kn)
    // In this order: a loser must not see SUICIDED together with a drained count before this operation has ended.
    kernfs_unbreak_active_protection(kn)
    fetch_or(kn + FLAGS, KERNFS_SUICIDED)
    return true
  }
  kernfs_wait_suicided(kn)
  kernfs_unbreak_active_protection(kn)
  return false
}
