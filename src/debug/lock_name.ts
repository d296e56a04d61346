/**
 * Name of the lock that a task sleeps on, from the words of the lock: what it was called when it was made.
 *
 * Known limit   the layouts of the locks must be loaded in this thread. Names are noted in the checked build only.
 */
import { layoutOf } from '../mem/layout.ts'
import {
  BLOCKED_MCS,
  BLOCKED_MUTEX,
  BLOCKED_PERCPU_RWSEM,
  BLOCKED_RWLOCK,
  BLOCKED_RWSEM_READ,
  BLOCKED_RWSEM_WRITE,
  BLOCKED_SPINLOCK,
  BLOCKED_SRCU,
  BLOCKED_TICKET,
} from '../mem/task.ts'
import { raw_attach } from '../mem/raw.ts'
import { keyName } from './lock_class.ts'
import { debug_root } from './store.ts'

/** Layout of what a sleeper of each kind sleeps on. */
const LAYOUTS: Readonly<Record<number, string>> = {
  [BLOCKED_SPINLOCK]: 'spinlock',
  [BLOCKED_MUTEX]: 'mutex',
  [BLOCKED_RWLOCK]: 'rwlock',
  [BLOCKED_RWSEM_READ]: 'rw_semaphore',
  [BLOCKED_RWSEM_WRITE]: 'rw_semaphore',
  [BLOCKED_PERCPU_RWSEM]: 'percpu_rw_semaphore',
  [BLOCKED_SRCU]: 'srcu_struct',
  [BLOCKED_TICKET]: 'ticket_lock',
  [BLOCKED_MCS]: 'mcs_lock',
}

/**
 * Name of the lock at an address; '' if it has none, or none that is known.
 * @param view the whole arena
 * @param kind one of BLOCKED_*
 */
export function lockNameAt(view: Int32Array, address: number, kind: number): string {
  raw_attach(view)
  if (debug_root() === 0) return ''
  const field = layoutOf(LAYOUTS[kind] ?? '')?.fields.find(({ name }) => name === 'dep_map')
  return field === undefined ? '' : keyName(view[address + field.offset] ?? 0)
}
