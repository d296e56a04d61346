/**
 * What those that give up have in common: how long they wait, and how they take a signal.
 */
import { NSEC_PER_USEC } from '../../base/constants.ts'
import { clear_signal } from '../../sync/park.ts'
import type { TortureTask } from '../task.ts'

const PATIENCE_NS = 200 * NSEC_PER_USEC

/** Longest wait of one try. */
export function patience(task: TortureTask): number {
  return 20 * NSEC_PER_USEC + task.rng.below(PATIENCE_NS)
}

/** True if the wait was ended by a signal, which it takes away. */
export function signalled(error: number): boolean {
  if (error === 0) return false
  clear_signal()
  return true
}
