/**
 * Depth-first search that follows no state twice: where it comes to one that it has been at, it turns back. It sees every state that
 * there is, each way into it once, so every failure, but not every trace.
 *
 * Sound    for an engine that tells its states, without a bound. What a state is: helper/state.ts.
 * Cycles   a state on the present path means a schedule that never ends. The search gives up there: how such programs are judged is
 *          told by steps and traces, which the other searches know.
 * Cost     as many executions as there are steps that lead to known states; some 20 bytes a state, and the hash of a state with each step.
 * Source   Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996; Ip & Dill, symmetry, 1996.
 */
import { REDUNDANT_CHOICE } from '../engine/policy.ts'
import type { Execution } from '../engine/execution.ts'
import { Path } from './path.ts'
import { PlanPolicy } from './plan.ts'
import { StateSet } from './state_set.ts'
import {
  drive,
  Tally,
  type Engine,
  type Limits,
  type Running,
  type Search,
  type SearchResult,
  type States,
} from './search.ts'

/** Follows a plan, then the default, up to a state that is known. */
class StatePolicy extends PlanPolicy {
  readonly #states: States
  readonly #high: Int32Array
  readonly #low: Int32Array
  seen = new StateSet()
  generation: number
  cycle = false

  constructor(states: States, maxSteps: number) {
    super(maxSteps)
    this.#states = states
    this.#high = new Int32Array(maxSteps + 1)
    this.#low = new Int32Array(maxSteps + 1)
    this.generation = states.generation
  }

  override choose(run: Execution, enabled: number, timed: number): number {
    if (run.step >= this.length && !this.#isNew(run.step)) return REDUNDANT_CHOICE
    return super.choose(run, enabled, timed)
  }

  #isNew(step: number): boolean {
    const states = this.#states
    states.take()
    const { high, low } = states
    this.#high[step] = high
    this.#low[step] = low
    if (this.seen.add(high, low)) return true
    for (let d = 0; d < step; d++) if (this.#high[d] === high && this.#low[d] === low) this.cycle = true
    return false
  }
}

/** Searches states. */
export function states(engine: Engine, limits: Limits = {}): SearchResult {
  return drive(engine, statesSearch(engine, limits))
}

/** The same as a search in progress. Ends at once, with nothing seen, if the engine does not tell its states. */
export function* statesSearch(engine: Engine, limits: Limits = {}): Search {
  const tally = new Tally(limits)
  if (engine.states === undefined) return tally.result('states', false)
  const { maxSteps } = engine.rules
  for (;;) {
    const policy = new StatePolicy(engine.states, maxSteps)
    const end = yield* searchOnce(engine, tally, policy)
    if (end !== undefined) return end
  }
}

/** Undefined if what a state is has changed meanwhile: then it has to be done again. */
function* searchOnce(engine: Engine, tally: Tally, policy: StatePolicy): Running<SearchResult | undefined> {
  const path = new Path(engine.rules.maxSteps + 1, undefined)
  for (;;) {
    tally.ran(engine, yield policy)
    if (engine.states?.generation !== policy.generation)
      return tally.spent() ? tally.result('states', false) : undefined
    const end = engine.step + engine.attempted
    for (let d = Math.max(0, policy.length - 1); d < end; d++) {
      if (d >= policy.length) path.open(d, engine.rows)
      path.enter(d, engine.rows)
    }
    let d = end - 1
    while (d >= 0 && path.next(d, Infinity) < 0) d--
    if (d < 0) return tally.result('states', !policy.cycle)
    if (policy.cycle || policy.seen.isFull || tally.spent()) return tally.result('states', false)
    path.who[d] = path.next(d, Infinity)
    policy.plan.set(path.who.subarray(0, d + 1))
    policy.length = d + 1
    policy.shared = d
  }
}
