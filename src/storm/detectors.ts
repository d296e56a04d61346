/**
 * What `--lockdep`, `--lock-stat` and `--hold` add to a storm. Loaded only when one of them is asked for: an ordinary storm has no
 * checker in memory.
 */
import { detectorArenaBytes, type DetectorPlan } from '../debug/detectors.ts'
import { findings } from '../debug/findings.ts'
import { lock_hold_begin, lockHolds } from '../debug/lock_hold/globals.ts'
import { lock_stat_clear } from '../debug/lock_stat/globals.ts'
import { lockStats } from '../debug/lock_stat/report.ts'
import type { MachinePlan } from '../machine/plan.ts'
import type { WatchedArg } from '../machine/watched.ts'
import type { LockHoldCount, LockReport, LockStatTable } from '../results/locks.ts'

/** The program, watched. */
function watchedProgram(program: string): string {
  const url = new URL('./watched_program.js', import.meta.url)
  url.searchParams.set('program', program)
  return url.href
}

/** The checked build under detectors takes so many times as long, at most. */
const SLOWDOWN = 10

/** The same machine under detectors. */
export function watchedMachine(plan: MachinePlan, detectors: DetectorPlan): MachinePlan {
  const { cpus, arenaBytes, arg, patience } = plan
  const watchedArg: WatchedArg = { detectors, arg }
  return {
    ...plan,
    arenaBytes: detectorArenaBytes(detectors, arenaBytes, cpus),
    program: watchedProgram(plan.program),
    arg: watchedArg,
    checked: true,
    ...(patience !== undefined && {
      patience: { ...patience, budgetMs: SLOWDOWN * (patience.budgetMs ?? 0) },
    }),
  }
}

/** Collects what the detectors of a storm's machines found. CPUs are parked meanwhile. */
export class LockReports {
  readonly reports: LockReport[] = []
  readonly #stats = new Map<string, LockStatTable>()
  readonly #holds = new Map<string, LockHoldCount[]>()
  readonly #plan: DetectorPlan

  constructor(plan: DetectorPlan) {
    this.#plan = plan
  }

  /** The warm-up is over: forgets what locks have cost so far, and from now on those of the plan are held longer. */
  measure(view: Int32Array): void {
    lock_stat_clear(view)
    lock_hold_begin(view)
  }

  /** Takes everything that a machine's detectors know. Before the machine is switched off. */
  take(machine: string, view: Int32Array): void {
    for (const { detector, title, cpu, text, data } of findings(view)) {
      this.reports.push({ machine, detector, title, cpu, text, data })
    }
    // A replaced machine begins to count anew: the last one that was left whole is shown.
    if (this.#plan.lockStat !== undefined) this.#stats.set(machine, { machine, rows: lockStats(view) })
    const times = lockHolds(view)
    const held = this.#plan.lockHold?.map((one, i) => ({ machine, ...one, times: times[i] ?? 0 }))
    if (held !== undefined) this.#holds.set(machine, held)
  }

  /** How often locks were held longer, machine by machine. */
  get holds(): LockHoldCount[] {
    return [...this.#holds.values()].flat()
  }

  /** What locks cost, by machine; empty without lock_stat. */
  get stats(): LockStatTable[] {
    return [...this.#stats.values()]
  }
}
