/**
 * Audit of a fence: does an operation run after unregistration has returned?
 *
 * Every operation of a lower driver enters and leaves the audit; the upper part closes it when its unregistration is over.
 * An operation is late if the audit was closed when it entered or when it left. It lives in the upper object, which open
 * files keep, so asking is always allowed. The drivers do not know the answer: nobody but reports reads it.
 *
 * State    closed: 0 while operations may run, 1 afterwards. late: a count. Both atomic. Nothing is written while operations
 *          may run, so the audit costs the fences under it nothing.
 * Context  any.
 */
import { fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'

export const fence_audit = struct('fence_audit', { closed: word, late: word })
type Audit = Addr<'fence_audit'>
const { late: LATE } = fence_audit.offset

/** An operation begins. Returns what audit_leave wants. */
export function audit_enter(audit: Audit): number {
  const closed = READ_ONCE(audit)
  if (closed !== 0) fetch_add(audit + LATE, 1)
  return closed
}

/** The operation ends. An operation is counted as late once. */
export function audit_leave(audit: Audit, closedAtEntry: number): void {
  if (closedAtEntry === 0 && READ_ONCE(audit) !== 0) fetch_add(audit + LATE, 1)
}

/** Unregistration has returned: from here on nothing may run. */
export function audit_close(audit: Audit): void {
  WRITE_ONCE(audit, 1)
}

/** Operations that ran, or were still running, after the fence. */
export function audit_late(audit: Audit): number {
  return READ_ONCE(audit + LATE)
}
