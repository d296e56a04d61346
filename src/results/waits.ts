/**
 * Who made whom wait: part of the result of a storm with `--waits`. Times are those of the checked build, in which everything
 * takes longer: shares say more than milliseconds.
 */

/** One lock of one class, all locks of the class together. */
export interface LockWait {
  /** Class of locks: `mdev_list_lock`. */
  readonly lock: string
  readonly waits: number
  readonly totalNs: number
  readonly maxNs: number
  /** Of the time of all CPUs together, wall time × CPUs. */
  readonly share: number
}

/** Waits for one class of locks, held from one place and wanted at another. */
export interface WaitSite {
  readonly lock: string
  /** Functions that the owner was in when it took the lock, the outermost first, joined by `;`. Empty: not known. */
  readonly owner: string
  /** The same of who waited. */
  readonly waiter: string
  readonly waits: number
  readonly totalNs: number
  readonly maxNs: number
}

/** Waits of one CPU for another. */
export interface WaitPair {
  readonly lock: string
  /** CPU that let go of the lock last before the wait ended; -1: not known. */
  readonly owner: number
  readonly waiter: number
  readonly waits: number
  readonly totalNs: number
}

/** Waits of one strategy under one vendor cost. */
export interface StormWaits {
  readonly strategy: string
  readonly vendor: string
  readonly cpus: number
  readonly rounds: number
  /** Of all those rounds together. */
  readonly wallMs: number
  /** The longest in all first. */
  readonly locks: readonly LockWait[]
  readonly sites: readonly WaitSite[]
  readonly pairs: readonly WaitPair[]
}
