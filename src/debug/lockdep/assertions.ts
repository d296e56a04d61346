/**
 * Checks that ask only what the task holds: they learn nothing and change nothing.
 */
import { raw_read } from '../../mem/raw.ts'
import { LOCK_SLEEPS } from '../../trace/trace.fast.ts'
import { CLASS, classAt, waitType } from '../lock_class.ts'
import type { Context } from './context.ts'
import { depthOf, entryOf, findHeld, L_CLASS, L_FLAGS, L_LOCK, MODE_MASK, readHeld } from './held.ts'
import { reportHeldFreed } from './report_use.ts'

/** True if the task holds the lock in `mode`: -1 any, 0 writing, above 0 reading. */
export function holds(task: number, lock: number, mode: number): boolean {
  const at = findHeld(task, lock)
  if (at < 0) return false
  const writes = (raw_read(entryOf(task, at) + L_FLAGS) & MODE_MASK) === 0
  return mode < 0 || (mode === 0) === writes
}

/** Number of spinning locks that the task holds. */
export function spinsHeld(task: number): number {
  let spins = 0
  for (let i = depthOf(task) - 1; i >= 0; i--) {
    const type = waitType(raw_read(classAt(raw_read(entryOf(task, i) + L_CLASS)) + CLASS.kind))
    if (type !== 0 && type < waitType(LOCK_SLEEPS)) spins++
  }
  return spins
}

/** Reports if a lock that the task holds lies in these words. */
export function checkFreed(task: number, from: number, words: number, context: () => Context): void {
  for (let i = depthOf(task) - 1; i >= 0; i--) {
    const lock = raw_read(entryOf(task, i) + L_LOCK)
    if (lock < from || lock >= from + words) continue
    const here = context()
    here.flush()
    reportHeldFreed(here, readHeld(task, i), from, words)
    return
  }
}
