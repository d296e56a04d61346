/**
 * What locktorture needs of a lock. One table per lock; `busted` ones first in the list of types.
 */
import type { TortureTask } from '../task.ts'

/** A lock to torture. */
export interface LockOps {
  /** Name as in locktorture where it has one: `mutex_lock`. */
  readonly name: string
  readonly summary: string
  /** What is wrong with it. */
  readonly busted?: string
  readonly words: number
  /** Holders may sleep. */
  readonly sleeps: boolean
  init(lock: number, name: string): void
  /** Takes the lock, by whatever way; must not return without it. */
  writelock(lock: number, task: TortureTask): void
  writeunlock(lock: number): void
  readlock?(lock: number, task: TortureTask): void
  readunlock?(lock: number): void
  /** Takes one of further locks inside each other; subclass 1 to 8. Absent: the lock does not nest. */
  nestedlock?(lock: number, subclass: number): void
  /** True if nobody holds it: who sleeps on the address `blockedOn` in it could have it. */
  isFree(lock: number, blockedOn: number): boolean
  /** Waiters sleep in slices and look again by themselves: that all of them sleep proves nothing. */
  readonly naps?: boolean
  /** Waiters give up and come back, by time or signal: a further task sends signals. */
  readonly signals?: boolean
}
