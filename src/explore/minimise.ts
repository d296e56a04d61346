/**
 * Makes a failing schedule short: drops deviations, then moves them by a few steps, as long as the same kind of failure
 * remains with fewer preemptions, then fewer steps. Local, some ten to twenty executions.
 */
import { deviationsOf, planFrom, preemptionsOf, type Deviation } from './schedule.ts'
import { PlanPolicy } from './searches/plan.ts'
import type { Policy } from './engine/policy.ts'
import type { Engine, Running } from './searches/search.ts'

const REACH = 6

/** A minimised schedule. */
export interface Minimised {
  readonly schedule: readonly Deviation[]
  readonly preemptions: number
  readonly steps: number
  /** Executions it took. */
  readonly runs: number
}

/** The policy that follows a schedule. `lenient`: a choice that is not possible is skipped. */
export function policyFor(engine: Engine, schedule: readonly Deviation[], lenient = false): Policy {
  const policy = new PlanPolicy(engine.rules.maxSteps)
  planFrom(policy, schedule, lenient)
  return policy
}

/** Runs a schedule. Returns the outcome. */
export function replaySchedule(engine: Engine, schedule: readonly Deviation[]): number {
  return engine.execute(policyFor(engine, schedule))
}

class Minimiser {
  readonly #engine: Engine
  #outcome = 0
  best: readonly Deviation[]
  preemptions = 0
  steps = 0
  runs = 0

  constructor(engine: Engine, schedule: readonly Deviation[]) {
    this.#engine = engine
    this.best = schedule
  }

  /** Runs the schedule as it was found. */
  *begin(): Running<void> {
    this.#outcome = yield policyFor(this.#engine, this.best)
    this.#accept()
  }

  #accept(): void {
    this.best = deviationsOf(this.#engine)
    this.preemptions = preemptionsOf(this.#engine)
    this.steps = this.#engine.step
  }

  /** Keeps the candidate if it fails alike and is smaller. */
  *#try(candidate: readonly Deviation[]): Running<boolean> {
    this.runs++
    if ((yield policyFor(this.#engine, candidate, true)) !== this.#outcome) return false
    const preemptions = preemptionsOf(this.#engine)
    const shorter = deviationsOf(this.#engine).length < this.best.length
    const better =
      preemptions < this.preemptions ||
      (preemptions === this.preemptions && (this.#engine.step < this.steps || shorter))
    if (better) this.#accept()
    return better
  }

  *dropOne(): Running<boolean> {
    const all = this.best
    for (let i = 0; i < all.length; i++) {
      if (yield* this.#try(all.filter((_deviation, j) => j !== i))) return true
    }
    return false
  }

  *moveOne(): Running<boolean> {
    const all = this.best
    for (let i = 0; i < all.length; i++) {
      for (let by = 1; by <= REACH; by++) {
        if ((yield* this.#moved(all, i, by)) || (yield* this.#moved(all, i, -by))) return true
      }
    }
    return false
  }

  *#moved(all: readonly Deviation[], i: number, by: number): Running<boolean> {
    const one = all[i] as Deviation
    const step = one.step + by
    const fits = step > (all[i - 1]?.step ?? -1) && step < (all[i + 1]?.step ?? Infinity)
    if (!fits) return false
    return yield* this.#try(all.map((deviation, j) => (j === i ? { step, cpu: one.cpu } : deviation)))
  }
}

/** Minimises a schedule that fails. */
export function* minimise(engine: Engine, schedule: readonly Deviation[]): Running<Minimised> {
  const minimiser = new Minimiser(engine, schedule)
  yield* minimiser.begin()
  while ((yield* minimiser.dropOne()) || (yield* minimiser.moveOne()));
  const { best, preemptions, steps, runs } = minimiser
  return { schedule: best, preemptions, steps, runs }
}
