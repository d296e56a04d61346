/**
 * Fault injection in the manner of /proc/self/fail-nth: every call that may fail asks `should_fail` first, and the
 * n-th one on this CPU does. Walking n from 1 until an operation succeeds visits each unwind path once.
 *
 * Cost     one plain load while it is off.
 * Source   lib/fault-inject.c, Documentation/fault-injection (fail-nth).
 */
import { read, write } from '#access'
import { current, task_struct } from './task.ts'

const FAIL_NTH = task_struct.offset.fail_nth
const FAIL_SEEN = task_struct.offset.fail_seen

/** True if this fallible call must fail. Call it once per allocation, link, registration or vendor call. */
export function should_fail(): boolean {
  const task = current()
  if (task === 0) return false
  const nth = read(task + FAIL_NTH)
  if (nth === 0) return false
  const seen = read(task + FAIL_SEEN) + 1
  write(task + FAIL_SEEN, seen)
  return seen === nth
}

/** Lets the n-th fallible call from now fail on this CPU; 0 switches injection off. */
export function set_fail_nth(nth: number): void {
  const task = current()
  write(task + FAIL_NTH, nth)
  write(task + FAIL_SEEN, 0)
}

/** Fallible calls made since set_fail_nth. Smaller than n: the operation ran out of calls before one failed. */
export function fail_nth_seen(): number {
  return read(current() + FAIL_SEEN)
}
