/**
 * Models of the spinlocks that queue: ticket_lock and mcs_lock.
 */
import { as } from '../base/addr.ts'
import {
  mcs_lock,
  mcs_lock_init,
  mcs_spin_lock,
  mcs_spin_trylock,
  mcs_spin_unlock,
  ticket_lock,
  ticket_lock_init,
  ticket_spin_lock,
  ticket_spin_trylock,
  ticket_spin_unlock,
} from '../sync/index.ts'
import type { Model } from '../define/model.ts'
import { counting, times, type Locking } from './counting.ts'

const TICKET: Locking = {
  layout: ticket_lock,
  init: (l) => ticket_lock_init(as(l), 'lock'),
  lock: (l) => ticket_spin_lock(as(l)),
  unlock: (l) => ticket_spin_unlock(as(l)),
}
const TICKET_TRY: Locking = { ...TICKET, lock: (l) => ticket_spin_trylock(as(l)) }

const MCS: Locking = {
  layout: mcs_lock,
  init: (l) => mcs_lock_init(as(l), 'lock'),
  lock: (l) => mcs_spin_lock(as(l)),
  unlock: (l) => mcs_spin_unlock(as(l)),
}
const MCS_TRY: Locking = { ...MCS, lock: (l) => mcs_spin_trylock(as(l)) }

/** Models of the queueing spinlocks. */
export const spinLocks: readonly Model[] = [
  counting('ticket', 'ticket_lock, 2 CPUs × 2 rounds', times(2, TICKET), 2),
  counting('ticket-3', 'ticket_lock, 3 CPUs × 1 round', times(3, TICKET), 1),
  counting('ticket-trylock', 'ticket_spin_lock ‖ ticket_spin_trylock, 2 rounds', [TICKET, TICKET_TRY], 2),
  counting('mcs', 'mcs_lock, 2 CPUs × 2 rounds', times(2, MCS), 2),
  counting('mcs-3', 'mcs_lock, 3 CPUs × 1 round', times(3, MCS), 1),
  counting('mcs-trylock', 'mcs_spin_lock ‖ mcs_spin_trylock, 2 rounds', [MCS, MCS_TRY], 2),
]
