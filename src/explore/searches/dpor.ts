/**
 * Source-DPOR with sleep sets: one execution per equivalence class of schedules, give or take the few that sleep sets cut
 * short. Works on finished traces: for each race (i, j) it makes sure that before i some CPU is tried that starts a
 * schedule in which j's event comes first.
 *
 * Sound    without a bound only. Time-outs: a wake-up disables the time-out of the sleeper it wakes, which no later event
 *          shows, so the sleeper is tried before its wake-up; time-outs at quiescence exclude each other, so all are tried.
 * Failures an execution that fails is cut short, and what would have come is in no race: all CPUs are tried at each of its nodes. So a
 *          search that goes on sees every end of a program that fails, and every kind of its failures; of failing traces not each.
 * Choices  a node whose alternatives nobody else sees: all are tried, and the sleep set passes through it.
 * Cores    a part of the tree is given away at the topmost node that this search still has, and there every CPU that can run
 *          is tried, not only those that a race asks for: what the other core finds cannot come back to this node.
 * Source   Abdulla, Aronis, Jonsson, Sagonas, "Source sets", JACM 2017.
 */
import { isFailure } from '../../define/outcome.ts'
import { WAKE } from '../dependence.ts'
import {
  CHOICE,
  CPU_MASK,
  QUIESCENT,
  ROW,
  T_CPU,
  T_ENABLED,
  T_OLD,
  T_OP,
  T_SLEEP,
  T_X,
  T_Y,
} from '../engine/rows.ts'
import { TIMED_SHIFT } from '../engine/rows.ts'
import { MAX_CPUS } from '../engine/words.ts'
import { HappensBefore } from '../happens_before.ts'
import { PlanPolicy } from './plan.ts'
import {
  drive,
  Tally,
  type Engine,
  type Limits,
  type Search,
  type SearchResult,
  type Subtree,
} from './search.ts'

/** Nodes of the path that led to the execution that has just run. */
class Stack {
  readonly enabled: Int32Array
  readonly sleep: Int32Array
  /** CPUs that must be tried, and those that have been. */
  readonly backtrack: Int32Array
  readonly done: Int32Array
  /** CPU that ran, or alternative that was taken. */
  readonly who: Int32Array
  readonly picks: Uint8Array
  readonly #order: HappensBefore
  readonly #first = new Int32Array(MAX_CPUS)
  readonly #cpus: number

  constructor(n: number, order: HappensBefore, cpus: number) {
    this.#cpus = cpus
    this.enabled = new Int32Array(n)
    this.sleep = new Int32Array(n)
    this.backtrack = new Int32Array(n)
    this.done = new Int32Array(n)
    this.who = new Int32Array(n)
    this.picks = new Uint8Array(n)
    this.#order = order
  }

  /** Enters the events of the execution, from depth `from` on; nodes from `planned` on are new. */
  push(engine: Engine, from: number, planned: number): void {
    const { rows } = engine
    for (let d = from; d < engine.step + engine.attempted; d++) {
      const row = d * ROW
      const both = rows[row + T_ENABLED]!
      const picks = (both & CHOICE) !== 0
      const cpu = picks ? rows[row + T_X]! : rows[row + T_CPU]!
      if (d >= planned) {
        this.picks[d] = picks ? 1 : 0
        this.enabled[d] = both & CPU_MASK
        this.sleep[d] = rows[row + T_SLEEP]!
        this.done[d] = 0
        this.backtrack[d] = (both & (QUIESCENT | CHOICE)) === 0 ? 0 : both & CPU_MASK
      }
      this.who[d] = cpu
      this.backtrack[d]! |= 1 << cpu
      this.done[d]! |= 1 << cpu
      if (rows[row + T_OP] === WAKE && rows[row + T_OLD] !== 0) {
        this.backtrack[d]! |= rows[row + T_Y]! & (both >> TIMED_SHIFT) & ~this.sleep[d]!
      }
    }
  }

  /** An execution has failed at depth n: what its CPUs would have done next nobody knows, so at each of its nodes all are tried. */
  widen(n: number): void {
    for (let d = 0; d < n; d++) this.backtrack[d]! |= this.enabled[d]!
  }

  /** CPUs that can come first in the part of the trace after i that does not depend on i, up to and with j. */
  #initials(i: number, j: number): number {
    const { vc, cpu } = this.#order
    const first = this.#first
    for (let t = 0; t < this.#cpus; t++) first[t] = -1
    const racer = cpu[i]!
    let initials = 0
    for (let k = i + 1; k <= j; k++) {
      if (k < j && vc[k * MAX_CPUS + racer]! > i) continue
      const q = cpu[k]!
      if (first[q]! >= 0) continue
      let initial = true
      for (let t = 0; t < this.#cpus; t++) {
        if (t !== q && first[t]! >= 0 && vc[k * MAX_CPUS + t]! > first[t]!) initial = false
      }
      first[q] = k
      if (initial) initials |= 1 << q
    }
    return initials
  }

  /** A race: makes sure that the order j before i is explored. */
  readonly reverse = (i: number, j: number): void => {
    let initials = this.#initials(i, j)
    if ((initials & (this.backtrack[i]! | this.sleep[i]!)) !== 0) return
    initials &= this.enabled[i]!
    if (initials === 0) return
    const cpu = this.#order.cpu[j]!
    this.backtrack[i]! |= ((initials >> cpu) & 1) !== 0 ? 1 << cpu : initials & -initials
  }

  /** CPUs still to be tried at depth d. */
  rest(d: number): number {
    return this.backtrack[d]! & ~this.done[d]! & ~this.#skipped(d) & this.enabled[d]!
  }

  /** CPUs that need not be tried at depth d; alternatives all are. */
  #skipped(d: number): number {
    return this.picks[d] === 0 ? this.sleep[d]! : 0
  }

  /** Sleep set with which `next` is tried at depth d. */
  sleepFor(d: number, next: number): number {
    return this.picks[d] === 0 ? (this.sleep[d]! | this.done[d]!) & ~(1 << next) : this.sleep[d]!
  }

  /** Takes everything that is left at depth d out of this search. */
  split(d: number): Subtree[] {
    const parts: Subtree[] = []
    for (;;) {
      const rest = this.enabled[d]! & ~this.done[d]! & ~this.#skipped(d)
      if (rest === 0) return parts
      const cpu = 31 - Math.clz32(rest & -rest)
      parts.push({ plan: [...this.who.subarray(0, d), cpu], sleep: this.sleepFor(d, cpu) })
      this.done[d]! |= 1 << cpu
    }
  }
}

/** Explores one schedule of each equivalence class. */
export function dpor(engine: Engine, limits: Limits = {}): SearchResult {
  return drive(engine, dporSearch(engine, limits))
}

/** The same as a search in progress. */
export function* dporSearch(engine: Engine, limits: Limits = {}): Search {
  const tally = new Tally(limits)
  const policy = new PlanPolicy(engine.rules.maxSteps)
  const order = new HappensBefore(engine, undefined, limits.traces === true)
  const stack = new Stack(engine.rules.maxSteps + 1, order, engine.cpus)
  // Nodes above the floor belong to others.
  let floor = follow(policy, limits.subtree)
  let from = 0
  for (;;) {
    const outcome = tally.ran(engine, yield policy)
    stack.push(engine, from, policy.length)
    order.analyse(from, stack.reverse)
    tally.noteTrace(order, outcome)
    const end = engine.step + engine.attempted
    if (isFailure(outcome)) stack.widen(end)
    if (tally.mayGive()) floor = giveAway(tally, stack, floor, end)
    let d = end - 1
    while (d >= floor && stack.rest(d) === 0) d--
    if (d < floor) return tally.result('dpor', true)
    if (tally.spent()) return tally.result('dpor', false)
    const rest = stack.rest(d)
    const cpu = 31 - Math.clz32(rest & -rest)
    // Up to where they parted, the plan is what has been done.
    for (let k = Math.min(d, policy.shared); k < d; k++) policy.plan[k] = stack.who[k]!
    policy.plan[d] = cpu
    policy.length = d + 1
    policy.shared = d
    policy.sleep = stack.sleepFor(d, cpu)
    from = d
  }
}

/** Makes the policy begin with the plan of a part. Returns its length. */
export function follow(policy: PlanPolicy, subtree: Subtree | undefined): number {
  if (subtree === undefined) return 0
  policy.plan.set(subtree.plan)
  policy.length = subtree.plan.length
  policy.sleep = subtree.sleep
  return subtree.plan.length
}

/** Gives away what is left at the topmost node. Returns the new floor. */
function giveAway(tally: Tally, stack: Stack, floor: number, depth: number): number {
  for (let d = floor; d < depth; d++) {
    const parts = stack.split(d)
    if (parts.length === 0) continue
    tally.give(parts)
    return d + 1
  }
  return floor
}
