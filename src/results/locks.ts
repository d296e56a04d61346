/**
 * What the detectors of a run found: reports, and what locks cost. Part of the results of every command that takes
 * `--lockdep` and `--lock-stat`.
 */

/** One report of a detector. */
export interface LockReport {
  /** Strategy or test in whose machine it was made. */
  readonly machine: string
  readonly detector: string
  /** `possible circular locking dependency detected`. */
  readonly title: string
  readonly cpu: number
  /** The whole report in the kernel's words. */
  readonly text: string
  /** The same as data: locks, stacks, chains; its shape depends on the title. */
  readonly data: Readonly<Record<string, unknown>>
}

/** How often, and nanoseconds. */
export interface LockTimes {
  readonly nr: number
  readonly min: number
  readonly max: number
  readonly total: number
}

/** One mode of one class of locks. `wait.nr` counts contentions, `hold.nr` acquisitions. */
export interface LockModeStat {
  readonly conBounces: number
  readonly acqBounces: number
  readonly wait: LockTimes
  readonly hold: LockTimes
}

/** A place, and how often somebody waited there or for it. */
export interface LockPlace {
  readonly symbol: string
  readonly count: number
}

/** One class of locks. */
export interface LockClassStat {
  readonly name: string
  readonly write: LockModeStat
  readonly read: LockModeStat
  readonly contentionPoints: readonly LockPlace[]
  readonly contendingPoints: readonly LockPlace[]
}

/** A class of locks that is held longer on purpose. */
export interface LockHold {
  readonly lock: string
  readonly ns: number
}

/** How often the measured rounds of one machine held it longer: once per acquisition. */
export interface LockHoldCount extends LockHold {
  readonly machine: string
  readonly times: number
}

/** What the locks of one machine cost. */
export interface LockStatTable {
  readonly machine: string
  readonly rows: readonly LockClassStat[]
}
