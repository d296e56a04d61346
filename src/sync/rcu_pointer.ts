/**
 * Pointers that readers follow while updaters replace them.
 *
 * Rules    an updater fills an object first and publishes it with rcu_assign_pointer last; a reader follows what rcu_dereference
 *          gave it until the end of its section. The updater frees the old object after a grace period.
 * Order    publication is a marked store, following a marked load: by the letter of the ES model a plain load would not do on
 *          every machine, and the 5 ns are the price of the reader's being allowed anywhere.
 * Source   include/linux/rcupdate.h, Documentation/RCU/rcu_dereference.rst
 */
import { READ_ONCE, WRITE_ONCE, xchg } from '#access'
import { lockdep_assert_held, RCU_LOCKDEP_WARN, trace_srcu_dereference } from '#trace'

/** Publishes an object: all that was written to it before is visible to whoever follows the pointer. */
export function rcu_assign_pointer(p: number, object: number): void {
  WRITE_ONCE(p, object)
}

/** Publishes another object in place of the old one, which it returns. The caller holds `lock`, the updaters' lock. */
export function rcu_replace_pointer(p: number, object: number, lock: number): number {
  lockdep_assert_held(lock)
  return xchg(p, object)
}

/** Follows a pointer inside a reader of the SRCU domain. */
export function srcu_dereference(p: number, ssp: number): number {
  trace_srcu_dereference(ssp)
  return READ_ONCE(p)
}

/** Follows a pointer where `held` tells that something keeps the object; complains in the checked build if it is false. */
export function rcu_dereference_check(p: number, held: boolean): number {
  RCU_LOCKDEP_WARN(!held, 'suspicious rcu_dereference_check() usage!')
  return READ_ONCE(p)
}

/** Follows a pointer on the update side, under the updaters' lock. */
export function rcu_dereference_protected(p: number, held: boolean): number {
  RCU_LOCKDEP_WARN(!held, 'suspicious rcu_dereference_protected() usage!')
  return READ_ONCE(p)
}

/** The pointer's value, to be compared only. */
export function rcu_access_pointer(p: number): number {
  return READ_ONCE(p)
}
