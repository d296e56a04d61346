/**
 * Locks that a storm can hold longer than their users need, `--hold kernfs_rwsem=20us`: what would it cost if this lock were
 * held longer?
 */
import type { LockHold } from '../results/locks.ts'
import { parseTime } from './workloads/mdev/vendor.ts'

/** Classes of locks that a storm takes: those that unrelated devices meet on, then those of a device, then mdev's own. */
export const HOLD_LOCKS = [
  'kernfs_rwsem',
  'uevent_sock_mutex',
  '&k->list_lock',
  '&k->k_lock',
  'gdp_mutex',
  'sysfs_symlink_target_lock',
  'vfio.group_lock',
  '&group->mutex',
  '&group->device_lock',
  '&group->unbound_lock',
  '&dev->mutex',
  '&of->mutex',
  'mdev_list_lock',
  'parent_list_lock',
  '&parent->lock',
  '&parent->unreg_sem',
  '&mdev_bucket[i].lock',
] as const

/** What a hold may look like, for error texts. */
export const HOLD_SYNTAX = 'LOCK=TIME, TIME from 0us to 10ms'
/** Held longer, a lock that everybody takes some fifty times per operation makes a hang of every storm. */
const MOST_NS = 10_000_000

/** Acquisitions of one lock by one operation, generously. */
const PER_OPERATION = 64

/** The lock that is meant; undefined for none. The `&` of a name may be left out. */
export function holdLock(name: string): string | undefined {
  return HOLD_LOCKS.find((one) => one === name || one === `&${name}`)
}

/** Parses one hold; undefined if it is not one. */
export function parseHold(text: string): LockHold | undefined {
  const [name = '', time = '', ...rest] = text.split('=')
  const lock = holdLock(name)
  const ns = parseTime(time)
  if (lock === undefined || ns === undefined || ns > MOST_NS || rest.length > 0) return undefined
  return { lock, ns }
}

/** Milliseconds by which an operation takes longer, at most, while all CPUs want the locks. */
export function longerMs(holds: readonly LockHold[], cpus: number): number {
  return (holds.reduce((sum, { ns }) => sum + ns, 0) / 1e6) * PER_OPERATION * cpus
}
