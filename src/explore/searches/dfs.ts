/**
 * Depth-first search over schedules, up to a number of preemptions, optionally with happens-before caching: a prefix
 * whose trace has been visited with as few preemptions is not followed again.
 *
 * Sound    both, and together: unlike sleep sets and DPOR, caching works under a preemption bound.
 * Less     a CPU that goes on with a word of its own is not preempted before that: meetings.ts.
 * Cost     a preemption is a switch away from a CPU that could have gone on (not after cpu_relax), or an early time-out.
 * Source   Musuvathi & Qadeer, "Iterative context bounding", PLDI 2007; happens-before caching: CHESS, OSDI 2008.
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
  T_X,
  TIMED_SHIFT,
} from '../engine/execution.ts'
import { HappensBefore } from '../happens_before.ts'
import { follow } from './dpor.ts'
import { boundsUpTo, Meetings } from './meetings.ts'
import { PlanPolicy } from './plan.ts'
import {
  drive,
  merged,
  Tally,
  type Engine,
  type Limits,
  type Search,
  type SearchResult,
  type Subtree,
} from './search.ts'

/** Bound and caching of a depth-first search. */
export interface DfsOptions extends Limits {
  /** Most preemptions; Infinity is all schedules. */
  readonly bound?: number
  readonly cache?: boolean
  /** Leaves out preemptions before words that are not in it; needs the cache. Repeat until it has not grown: dfsMeeting. */
  readonly meetings?: Meetings
  /** The words that the model calls calm are not taken in. */
  readonly coarse?: boolean
}

/** Path from the root of the schedule tree to the execution that has just run. */
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
  /** Word that the CPU that ran before goes on with; 0 if its step is more than an access. */
  readonly word: Int32Array
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
    this.word = new Int32Array(n)
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
    const word = this.word[d]!
    if (word === 0 || this.#meetings === undefined) return true
    return this.#meetings.has(word) || ((this.timed[d]! >> cpu) & 1) !== 0
  }

  /** A CPU at depth d that has not been tried, fits the bound and may show something, or -1. */
  next(d: number, bound: number): number {
    for (let rest = this.enabled[d]! & ~this.tried[d]!; rest !== 0; rest &= rest - 1) {
      const cpu = 31 - Math.clz32(rest & -rest)
      if (this.used[d]! + this.cost(d, cpu) <= bound && this.#shows(d, cpu)) return cpu
    }
    return -1
  }

  /** Takes everything that is left at depth d out of this search. */
  split(d: number, bound: number): Subtree[] {
    const parts: Subtree[] = []
    for (;;) {
      const cpu = this.next(d, bound)
      if (cpu < 0) return parts
      parts.push({ plan: [...this.who.subarray(0, d), cpu], sleep: 0 })
      this.tried[d]! |= 1 << cpu
    }
  }
}

/** Searches depth first. */
export function dfs(engine: Engine, options: DfsOptions = {}): SearchResult {
  return drive(engine, dfsSearch(engine, options))
}

/** The same as a search in progress. */
export function* dfsSearch(engine: Engine, options: DfsOptions = {}): Search {
  const { bound = Infinity, cache = false, coarse = false, meetings } = options
  const upTo = bound === Infinity ? '' : ` bound ${bound}`
  const name = `dfs${upTo}${coarse ? ', coarse' : ''}${cache ? ', cached' : ''}`
  const tally = new Tally(options)
  const policy = new PlanPolicy(engine.rules.maxSteps)
  const path = new Path(engine.rules.maxSteps + 1, meetings)
  const order = new HappensBefore(engine, meetings)
  const seen = new Map<number, number>()
  // Nodes above the floor belong to others.
  let floor = follow(policy, options.subtree)
  let planned = 0
  for (;;) {
    const outcome = tally.ran(engine, yield policy)
    if (cache || options.traces === true) {
      order.analyse(Math.max(0, planned - 1))
      tally.noteTrace(order, outcome)
    }
    const depth = descend(engine, path, planned, cache ? { seen, order, bound } : undefined)
    if (tally.mayGive()) floor = giveAway(tally, path, floor, { depth, bound })
    let d = depth - 1
    let choice = -1
    for (; d >= floor; d--) {
      choice = path.next(d, bound)
      if (choice >= 0) break
    }
    if (d < floor) return tally.result(name, true)
    if (tally.spent()) return tally.result(name, false)
    path.who[d] = choice
    policy.plan.set(path.who.subarray(0, d + 1))
    planned = policy.length = d + 1
    policy.shared = d
  }
}

/** The search with caching, without preemptions that show nothing, repeated until all words are known on which CPUs meet. */
export function* dfsMeeting(engine: Engine, options: DfsOptions): Search {
  const { executions = Infinity, ms = Infinity, coarse = false } = options
  const meetings = new Meetings(undefined, coarse ? engine.calm : undefined)
  const passes: SearchResult[] = []
  for (const bound of boundsUpTo(options.bound)) {
    for (let known = -1; known < meetings.known;) {
      known = meetings.known
      const left = passes.reduce((n, pass) => n - pass.executions, executions)
      const msLeft = passes.reduce((n, pass) => n - pass.ms, ms)
      const limits = { ...options, executions: left, ms: msLeft }
      const pass = yield* dfsSearch(engine, { ...limits, bound, cache: true, meetings })
      passes.push(pass)
      if (!pass.exhausted) return merged(passes)
    }
  }
  return merged(passes)
}

/** Gives away what is left at the topmost node that has anything left. Returns the new floor. */
function giveAway(
  tally: Tally,
  path: Path,
  floor: number,
  { depth, bound }: { readonly depth: number; readonly bound: number },
): number {
  for (let d = floor; d < depth; d++) {
    const parts = path.split(d, bound)
    if (parts.length === 0) continue
    tally.give(parts)
    return d + 1
  }
  return floor
}

interface Cache {
  readonly seen: Map<number, number>
  readonly order: HappensBefore
  readonly bound: number
}

/** Enters the execution into the path. Returns the depth down to which it has to be followed. */
function descend(engine: Engine, path: Path, planned: number, cache: Cache | undefined): number {
  const { rows } = engine
  for (let d = Math.max(0, planned - 1); d < engine.step; d++) {
    if (d >= planned) {
      path.open(d, rows)
      path.word[d] = wordOf(rows, d * ROW, path, d)
      if (cache !== undefined && !isNew(cache, path, d)) return d
    }
    path.enter(d, rows)
  }
  return engine.step
}

/** See Path.word. */
function wordOf(rows: Int32Array, row: number, path: Path, d: number): number {
  const op = rows[row + T_OP]!
  const goesOn = d > 0 && rows[row + T_CPU] === path.ran[d - 1] && path.relaxed[d] === 0
  const isAccess = op >= LOAD && op <= CAS && (rows[row + T_CLASS]! & UNORDERED) === 0
  return goesOn && isAccess ? rows[row + T_ADDR]! : 0
}

function isNew({ seen, order, bound }: Cache, path: Path, d: number): boolean {
  // What a step may cost depends on who ran last, so under a bound that is part of the state.
  const salt = bound === Infinity || d === 0 ? 0 : path.ran[d - 1]! + 1
  const key = order.key(d, salt)
  const before = seen.get(key)
  if (before !== undefined && before <= path.used[d]!) return false
  seen.set(key, path.used[d]!)
  return true
}
