/**
 * Makes a failing schedule short: drops deviations, then moves them by a few steps, as long as the same kind of failure
 * remains with fewer preemptions, then fewer steps. Local, some ten to twenty executions.
 */
import { deviationsOf, planFrom, preemptionsOf, type Deviation } from './schedule.ts'
import { PlanPolicy } from './searches/plan.ts'
import type { Engine } from './searches/search.ts'

const REACH = 6

/** A minimised schedule. */
export interface Minimised {
  readonly schedule: readonly Deviation[]
  readonly preemptions: number
  readonly steps: number
  /** Executions it took. */
  readonly runs: number
}

/** Runs a schedule. `lenient`: a choice that is not possible is skipped. Returns the outcome. */
export function replaySchedule(engine: Engine, schedule: readonly Deviation[], lenient = false): number {
  const policy = new PlanPolicy(engine.rules.maxSteps)
  planFrom(policy, schedule, lenient)
  return engine.execute(policy)
}

class Minimiser {
  readonly #engine: Engine
  readonly #outcome: number
  best: readonly Deviation[]
  preemptions = 0
  steps = 0
  runs = 0

  constructor(engine: Engine, schedule: readonly Deviation[]) {
    this.#engine = engine
    this.best = schedule
    this.#outcome = replaySchedule(engine, schedule)
    this.#accept()
  }

  #accept(): void {
    this.best = deviationsOf(this.#engine)
    this.preemptions = preemptionsOf(this.#engine)
    this.steps = this.#engine.step
  }

  /** Keeps the candidate if it fails alike and is smaller. */
  try(candidate: readonly Deviation[]): boolean {
    this.runs++
    if (replaySchedule(this.#engine, candidate, true) !== this.#outcome) return false
    const preemptions = preemptionsOf(this.#engine)
    const shorter = deviationsOf(this.#engine).length < this.best.length
    const better =
      preemptions < this.preemptions ||
      (preemptions === this.preemptions && (this.#engine.step < this.steps || shorter))
    if (better) this.#accept()
    return better
  }

  dropOne(): boolean {
    return this.best.some((_, i, all) => this.try(all.filter((_deviation, j) => j !== i)))
  }

  moveOne(): boolean {
    return this.best.some((_, i, all) => {
      for (let by = 1; by <= REACH; by++) {
        if (this.#moved(all, i, by) || this.#moved(all, i, -by)) return true
      }
      return false
    })
  }

  #moved(all: readonly Deviation[], i: number, by: number): boolean {
    const one = all[i] as Deviation
    const step = one.step + by
    const fits = step > (all[i - 1]?.step ?? -1) && step < (all[i + 1]?.step ?? Infinity)
    return fits && this.try(all.map((deviation, j) => (j === i ? { step, cpu: one.cpu } : deviation)))
  }
}

/** Minimises a schedule that fails. */
export function minimise(engine: Engine, schedule: readonly Deviation[]): Minimised {
  const minimiser = new Minimiser(engine, schedule)
  while (minimiser.dropOne() || minimiser.moveOne());
  const { best, preemptions, steps, runs } = minimiser
  return { schedule: best, preemptions, steps, runs }
}
