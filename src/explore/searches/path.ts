/**
 * The path of a depth-first search, from the root of the schedule tree to the execution that has just run: what could run at each of
 * its nodes, what has been tried there, and what that has cost.
 */
import { CAS, LOAD, RELAX, UNORDERED } from '../dependence.ts'
import {
  CHOICE,
  CPU_MASK,
  ROW,
  T_ADDR,
  T_CLASS,
  T_CPU,
  T_ENABLED,
  T_OP,
  T_SLEEP,
  T_X,
  TIMED_SHIFT,
} from '../engine/rows.ts'
import type { Meetings } from './meetings.ts'
import type { Subtree } from './search.ts'

/** See the head of this file. */
export class Path {
  readonly enabled: Int32Array
  readonly timed: Int32Array
  readonly tried: Int32Array
  /** CPU that ran, or alternative that was taken. */
  readonly who: Int32Array
  /** CPU that ran. */
  readonly ran: Int32Array
  readonly picks: Uint8Array
  readonly used: Int32Array
  readonly relaxed: Uint8Array
  /** CPUs that need not run at a node: what follows is seen elsewhere. */
  readonly sleep: Int32Array
  /** Not 0: the CPU's next event after this one on which others could meet it is calm, so it is not preempted before that. */
  readonly calmNext: Uint8Array
  /** Word that the CPU that ran before goes on with; 0 if its step is more than an access. */
  readonly word: Int32Array
  /** What it does to it. */
  readonly cls: Uint8Array
  readonly #meetings: Meetings | undefined

  constructor(n: number, meetings: Meetings | undefined) {
    this.#meetings = meetings
    this.enabled = new Int32Array(n)
    this.timed = new Int32Array(n)
    this.tried = new Int32Array(n)
    this.who = new Int32Array(n)
    this.ran = new Int32Array(n)
    this.picks = new Uint8Array(n)
    this.used = new Int32Array(n + 1)
    this.relaxed = new Uint8Array(n)
    this.sleep = new Int32Array(n)
    this.calmNext = new Uint8Array(n)
    this.word = new Int32Array(n)
    this.cls = new Uint8Array(n)
  }

  /** A new node: nothing has been tried there yet. */
  open(d: number, rows: Int32Array): void {
    const row = d * ROW
    const both = rows[row + T_ENABLED]!
    this.enabled[d] = both & CPU_MASK
    this.picks[d] = (both & CHOICE) === 0 ? 0 : 1
    this.timed[d] = this.picks[d] === 0 ? (both >> TIMED_SHIFT) & 0xff : 0
    this.tried[d] = 0
    this.relaxed[d] = d > 0 && rows[row - ROW + T_OP] === RELAX ? 1 : 0
    this.sleep[d] = rows[row + T_SLEEP]!
    this.calmNext[d] = 0
    this.word[d] = this.#wordOf(rows, row, d)
    this.cls[d] = rows[row + T_CLASS]!
    if (this.word[d] !== 0 && this.#isCalm(d)) this.#tellBefore(d)
  }

  /** See `word`. */
  #wordOf(rows: Int32Array, row: number, d: number): number {
    const op = rows[row + T_OP]!
    const goesOn = d > 0 && rows[row + T_CPU] === this.ran[d - 1] && this.relaxed[d] === 0
    return goesOn && op >= LOAD && op <= CAS ? rows[row + T_ADDR]! : 0
  }

  /** The event at depth d is calm: tells the event before it, past those that nobody else meets. */
  #tellBefore(d: number): void {
    for (let k = d - 1; k >= 0 && this.calmNext[k] === 0; k--) {
      this.calmNext[k] = 1
      if (this.word[k] === 0 || this.#isMet(k)) return
    }
  }

  #isCalm(d: number): boolean {
    return this.#meetings?.isCalm(this.word[d]!, this.ran[d - 1]!, this.cls[d]!) === true
  }

  /** Others meet the CPU that goes on with a word at depth d. */
  #isMet(d: number): boolean {
    return this.#meetings?.has(this.word[d]!, this.ran[d - 1]!, this.cls[d]!) !== false
  }

  /** Takes down what the execution has done at a node. */
  enter(d: number, rows: Int32Array): void {
    const row = d * ROW
    const ran = rows[row + T_CPU]!
    const who = this.picks[d] === 0 ? ran : rows[row + T_X]!
    this.ran[d] = ran
    this.who[d] = who
    this.tried[d]! |= 1 << who
    this.used[d + 1] = this.used[d]! + this.cost(d, who)
  }

  /** Preemptions that running `cpu` at depth d costs. */
  cost(d: number, cpu: number): number {
    if (this.picks[d] !== 0) return 0
    const enabled = this.enabled[d]!
    const timed = this.timed[d]!
    if (((timed >> cpu) & 1) !== 0 && (enabled & ~timed) !== 0) return 1
    if (d === 0 || this.relaxed[d] !== 0) return 0
    const last = this.ran[d - 1]!
    return cpu !== last && ((enabled >> last) & 1) !== 0 && ((timed >> last) & 1) === 0 ? 1 : 0
  }

  /** To run this CPU at depth d would preempt one that goes on with a word of its own. */
  #shows(d: number, cpu: number): boolean {
    return this.word[d] === 0 || this.#isMet(d) || ((this.timed[d]! >> cpu) & 1) !== 0
  }

  /** A CPU at depth d that has not been tried, fits the bound and may show something, or -1. */
  next(d: number, bound: number): number {
    const skipped = this.tried[d]! | (this.picks[d] === 0 ? this.sleep[d]! : 0)
    for (let rest = this.enabled[d]! & ~skipped; rest !== 0; rest &= rest - 1) {
      const cpu = 31 - Math.clz32(rest & -rest)
      if (this.used[d]! + this.cost(d, cpu) <= bound && this.#shows(d, cpu)) return cpu
    }
    return -1
  }

  /** The deepest node, from the floor on, at which something is left to be tried; one less than the floor if there is none. */
  last(floor: number, depth: number, bound: number): number {
    let d = depth - 1
    while (d >= floor && this.next(d, bound) < 0) d--
    return d
  }

  /** Sleep set with which `next` is tried at depth d: see meetings.ts. */
  sleepFor(d: number, next: number): number {
    const sleep = this.sleep[d]!
    if (this.picks[d] !== 0 || this.#meetings === undefined) return sleep
    return (sleep | this.#meetings.asleep(this.#preempted(d, next), this.tried[d]!)) & ~(1 << next)
  }

  /** The CPU, as a bit, that `next` preempts at depth d before a word on which others meet it; 0 if it does not. */
  #preempted(d: number, next: number): number {
    if (
      this.word[d] === 0 ||
      (this.cls[d]! & UNORDERED) !== 0 ||
      this.calmNext[d] !== 0 ||
      ((this.timed[d]! >> next) & 1) !== 0
    )
      return 0
    return this.cost(d, next) === 0 ? 0 : 1 << this.ran[d - 1]!
  }

  /** Takes everything that is left at depth d out of this search. */
  split(d: number, bound: number): Subtree[] {
    const parts: Subtree[] = []
    for (;;) {
      const cpu = this.next(d, bound)
      if (cpu < 0) return parts
      parts.push({ plan: [...this.who.subarray(0, d), cpu], sleep: this.sleepFor(d, cpu) })
      this.tried[d]! |= 1 << cpu
    }
  }
}
