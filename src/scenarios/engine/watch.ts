/**
 * What lockdep and lock_stat say of a scenario's runs. Main's side: it reads the arena of a run while nobody runs in it, or
 * when nobody in it can run any more.
 */
import {
  detectorArenaBytes,
  findings,
  lock_stat_clear,
  lockStats,
  mergedLockStats,
  type DetectorPlan,
} from '../../debug/index.ts'
import type { LockClassStat, LockReport } from '../../results/locks.ts'
import type { Scenario } from '../../define/race.ts'

/** Who is to watch free runs. */
export interface WatchFlags {
  readonly lockdep?: boolean
  readonly lockStat?: boolean
}

/** A report, and in how many runs it was made. */
export interface SeenReport extends LockReport {
  readonly runs: number
}

/** Reports that lockdep has made in an arena. */
export function lockdepReports(machine: string, sab: SharedArrayBuffer): LockReport[] {
  return findings(new Int32Array(sab))
    .filter(({ detector }) => detector === 'lockdep')
    .map((one) => ({ machine, ...one }))
}

/** Reports are alike if they have the same title and are about the same two locks. */
function kindOf({ title, data }: LockReport): string {
  const name = (lock: unknown): unknown => (lock as { readonly name?: string } | undefined)?.name
  return JSON.stringify([title, name(data['trying']), name(data['holding'])])
}

/** Watches the free runs of one scenario under one strategy. */
export class Watch {
  readonly detectors: DetectorPlan
  readonly #machine: string
  readonly #reports = new Map<string, SeenReport>()
  #rows: LockClassStat[] = []

  constructor(machine: string, { lockdep, lockStat }: WatchFlags, { boot }: Scenario) {
    this.#machine = machine
    this.detectors = {
      ...(lockdep === true && { lockdep: boot?.lockdep ?? true }),
      ...(lockStat === true && { lockStat: true }),
    }
  }

  /** Bytes of an arena in which the detectors leave `bytes` to the kernel. */
  arenaBytes(bytes: number, cpus: number): number {
    return detectorArenaBytes(this.detectors, bytes, cpus)
  }

  /** The machine has booted: what locks have cost so far is not the race's. */
  booted(sab: SharedArrayBuffer): void {
    lock_stat_clear(new Int32Array(sab))
  }

  /** The race is over, or never will be. */
  take(sab: SharedArrayBuffer): void {
    for (const report of lockdepReports(this.#machine, sab)) {
      const before = this.#reports.get(kindOf(report))
      this.#reports.set(kindOf(report), { ...(before ?? report), runs: (before?.runs ?? 0) + 1 })
    }
    if (this.detectors.lockStat === true)
      this.#rows = mergedLockStats(this.#rows, lockStats(new Int32Array(sab)))
  }

  /** The first of each kind of report. */
  get reports(): SeenReport[] {
    return [...this.#reports.values()]
  }

  /** What locks cost, all runs together. */
  get rows(): readonly LockClassStat[] {
    return this.#rows
  }
}
