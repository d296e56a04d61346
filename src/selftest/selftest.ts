/**
 * The whole locking self-test: the matrix and the wound/wait rows, on the locks of src/sync or on tracepoints alone.
 */
import { lockingSelftest, type SelftestResult } from './index.ts'
import { furtherLocks, REAL } from './locks.ts'
import { WOUND_WAIT } from './wound_wait.ts'

/** What the kernel's list has and ours has not, and the other way round. */
export const DIFFERENCES: readonly string[] = [
  'not here: rows that need interrupts (hardirq and softirq safe or unsafe, irq inversion, irq read recursion, fs_reclaim): there are none',
  'not here: columns rtmutex and local_lock; in the wait context table raw_spinlock and RCU (SRCU stands there)',
  'not here, wound/wait: ww_mutex_lock_slow and ww_acquire_done (there are none: ww_mutex_lock with nothing in hand waits),',
  '  locks of another class than their context (a lock does not know its class), spinlocks with a nest_lock',
  'added: the last table, of every lock that the kernel has no column for. Its cells: A-A, A-B-B-A, double unlock, initialize held, in',
  '  SPINLOCK context, in MUTEX context',
  'added: the column qlock (rwlocks whose readers may not nest, as ours), and rsem in the chains of reader locks',
]

/**
 * Runs it. Checked build only; this thread is attached to another arena afterwards.
 * @param traced tracepoints in place of locks
 */
export function runSelftest(traced: boolean): SelftestResult {
  return lockingSelftest(
    traced ? { extra: [WOUND_WAIT] } : { extra: [WOUND_WAIT, furtherLocks()], kinds: REAL },
  )
}
