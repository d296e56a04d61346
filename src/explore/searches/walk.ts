/**
 * The policy of a depth-first search with happens-before caching: it enters each step into the path as the execution goes, and turns
 * back where a prefix leads to a class that has been visited with as few preemptions.
 *
 * Cost   only nodes at which something else could be tried, and a few others, are looked up and kept; an entry of the set has 12
 *        bytes.
 */
import { READS, UNORDERED } from '../dependence.ts'
import { REDUNDANT_CHOICE } from '../engine/policy.ts'
import type { Execution } from '../engine/execution.ts'
import type { HappensBefore } from '../happens_before.ts'
import type { Meetings } from './meetings.ts'
import type { Path } from './path.ts'
import { PlanPolicy } from './plan.ts'
import { StateSet } from './state_set.ts'

/** Classes that are kept; beyond, those that come are followed again. */
const MOST_CLASSES = 1 << 24
/** Of the classes at which nothing else can be tried, those are kept too that have none of these bits in their hash. */
const SAMPLED = 31
/** CPUs of a sleep set, in an entry of the cache; above, the preemptions, plus one. */
const SLEEP_BITS = 8

/** How to walk. A cache needs the order. */
export interface WalkOptions {
  readonly bound: number
  readonly cache: boolean
  readonly order: HappensBefore | undefined
  readonly meetings: Meetings | undefined
}

/** Follows a plan, then the default, up to what is known. */
export class Walk extends PlanPolicy {
  readonly #path: Path
  readonly #bound: number
  readonly #cache: boolean
  readonly #meetings: Meetings | undefined
  /** Undefined: nobody asks for classes. */
  readonly #order: HappensBefore | undefined
  readonly #seen = new StateSet(MOST_CLASSES)
  /** Nodes of the execution that are in the path: what is behind them need not be followed. */
  depth = 0
  /** Steps at the beginning of the plan whose nodes are in the path. */
  #planned = 0
  #cut = false

  constructor(maxSteps: number, path: Path, { bound, cache, order, meetings }: WalkOptions) {
    super(maxSteps)
    this.#path = path
    this.#bound = bound
    this.#cache = cache
    this.#order = order
    this.#meetings = meetings
  }

  override begin(run: Execution): void {
    super.begin(run)
    this.depth = Math.max(0, this.#planned - 1)
    this.#cut = false
    this.#order?.rewind(this.depth)
  }

  override choose(run: Execution, enabled: number, timed: number): number {
    if (this.#cache && run.step >= this.length) this.take(run)
    return this.#cut ? REDUNDANT_CHOICE : super.choose(run, enabled, timed)
  }

  /** What plain accesses do is no event: a value that nobody orders may be one of a CPU that sleeps. */
  override executed(run: Execution, cpu: number, addr: number, cls: number): void {
    super.executed(run, cpu, addr, cls)
    if ((cls & UNORDERED) === 0 || run.step < this.length - 1) return
    if (this.#meetings?.meets(addr, cpu, READS) !== false) run.sleep = 0
  }

  /** Enters the steps that have been done since. */
  take(run: Execution): void {
    this.#order?.analyse(this.#order.length)
    const path = this.#path
    for (; this.depth < run.step + run.attempted && !this.#cut; this.depth++) {
      const isOpen = this.depth < this.#planned
      if (!isOpen) path.open(this.depth, run.rows)
      path.enter(this.depth, run.rows)
      this.#cut = !isOpen && this.#cache && !this.#isNew(this.depth)
      if (this.#cut) return
    }
  }

  /** The next execution takes this branch at depth d. */
  turn(d: number, choice: number): void {
    const path = this.#path
    this.sleep = path.sleepFor(d, choice)
    path.who[d] = choice
    this.plan.set(path.who.subarray(0, d + 1))
    this.length = this.#planned = d + 1
    this.shared = d
  }

  /** Nobody has been where the node at depth d is, with as few preemptions. */
  #isNew(d: number): boolean {
    const path = this.#path
    const order = this.#order as HappensBefore
    if ((order.low(d) & SAMPLED) !== 0 && path.next(d, this.#bound) < 0) return true
    // What a step may cost depends on who ran last, so under a bound that is part of the state.
    const salt = this.#bound === Infinity || d === 0 ? 0 : path.ran[d - 1]! + 1
    const place = this.#seen.place(order.high(d), order.low(d) ^ Math.imul(salt, 0x9e37_79b1))
    if (place < 0) return true
    const before = this.#seen.numberAt(place)
    const used = path.used[d]! + 1
    const sleep = path.sleep[d]!
    const known = before >> SLEEP_BITS
    const slept = before & ((1 << SLEEP_BITS) - 1)
    if (known !== 0 && known <= used && (slept & ~sleep) === 0) return false
    if (known === 0 || used <= known) this.#seen.put(place, (used << SLEEP_BITS) | sleep)
    return true
  }
}
