/** Who gets how much in one second, and who waits longest; how long a grace period takes while others read. */
import type { TimedCase } from '../shares.ts'

const HOLD_NS = 200

const fairness = (subject: string, rows: TimedCase['rows'], workers: number, excludes = true): TimedCase => ({
  kind: 'fairness',
  subject,
  rows,
  workers,
  holdNs: HOLD_NS,
  excludes,
})

export const MUTEXES: TimedCase['rows'] = [
  { adapter: 'sync', variant: 'mutex', label: 'lockstorm mutex' },
  { adapter: 'pthread', variant: 'mutex' },
  { adapter: 'v8_mutex', variant: 'mutex' },
  { adapter: 'multithreading', variant: 'mutex', label: 'multithreading mutex' },
  { adapter: 'atomics_sync', variant: 'Mutex', label: 'atomics-sync Mutex' },
]

const OTHERS: TimedCase['rows'] = [
  { adapter: 'sync', variant: 'rwsem', label: 'lockstorm rwsem, write' },
  { adapter: 'sync', variant: 'spinlock', label: 'lockstorm spinlock' },
  { adapter: 'sync', variant: 'ticket_lock', label: 'lockstorm ticket lock (FIFO)' },
  { adapter: 'sync', variant: 'semaphore', label: 'lockstorm semaphore, 1 unit' },
  { adapter: 'atomics_sync', variant: 'SpinLock', label: 'atomics-sync SpinLock' },
  { adapter: 'atomics_sync', variant: 'Semaphore', label: 'atomics-sync Semaphore, 1 unit' },
]

const READ_WRITE: TimedCase['rows'] = [
  { adapter: 'sync', variant: 'rwsem.one-writer', label: 'lockstorm rwsem, worker 0 writes' },
  { adapter: 'multithreading', variant: 'one-writer', label: 'multithreading RwLock, worker 0 writes' },
]

const GRACE: TimedCase['rows'] = [
  { adapter: 'sync', variant: 'srcu.updater', label: 'synchronize_srcu, the others read for 1 µs' },
  { adapter: 'sync', variant: 'srcu.expedited', label: 'synchronize_srcu_expedited, the same' },
]

export const timed: readonly TimedCase[] = [
  ...[2, 8].map((workers) => fairness('fairness.mutex', MUTEXES, workers)),
  ...[2, 8].map((workers) => fairness('fairness.others', OTHERS, workers)),
  fairness('fairness.rwsem', READ_WRITE, 8, false),
  ...[2, 4, 8].map((workers): TimedCase => ({
    kind: 'latency',
    subject: 'srcu.grace-period',
    rows: GRACE,
    workers,
    excludes: false,
  })),
]
