/**
 * What all searches share: their limits, their statistics, the first failure. A search runs executions of one engine
 * until it has seen everything, has found what it wants, or its budget is spent.
 */
import { isClosing } from '../closing.ts'
import type { Deciding } from '../engine/deciding.ts'
import type { Policy } from '../engine/policy.ts'
import { isFailure, OUTCOME_NAMES, PASSED, REDUNDANT, type OutcomeName } from '../../define/outcome.ts'
import type { HappensBefore } from '../happens_before.ts'
import type { Meetings } from './meetings.ts'
import { deviationsOf, type Deviation } from '../schedule.ts'

/** Tells the states of executions apart. */
export interface States {
  /** Takes the hash of the present state: `high` and `low`, together 64 bits. */
  take(): void
  readonly high: number
  readonly low: number
  /** Changes when hashes that were taken before must not be compared with. */
  readonly generation: number
}

/** Something that runs a model once under a policy. */
export interface Engine extends Deciding {
  execute(policy: Policy): number
  /** Absent where the state of a body cannot be told. */
  readonly states?: States | undefined
}

/** Work that takes executions: it yields the policy of the next one and is sent the outcome. */
export type Running<R> = Generator<Policy, R, number>

/** A search in progress. */
export type Search = Running<SearchResult>

/** Runs a search, or what else takes executions, to its end. */
export function drive<R>(engine: Engine, work: Running<R>): R {
  for (let step = work.next(PASSED); ; step = work.next(engine.execute(step.value))) {
    if (step.done === true) return step.value
  }
}

/** The same with an engine whose executions take turns of the event loop. */
export async function driveAsync<R>(
  engine: { executeAsync(policy: Policy): Promise<number> },
  work: Running<R>,
): Promise<R> {
  let step = work.next(PASSED)
  while (step.done !== true) step = work.next(await engine.executeAsync(step.value))
  return step.value
}

/** The part of a search's tree whose schedules begin with this plan. `sleep`: the sleep set at its last step. */
export interface Subtree {
  readonly plan: readonly number[]
  readonly sleep: number
}

// Words that searches on several cores share.
/** Not 0: somebody has found a failure, or the user has had enough. */
export const STOP = 0
/** Not 0: a core has nothing to do. */
export const HUNGRY = 1
/** Executions of all cores together. */
export const EXECUTED = 2
/** Words to be shared. */
export const SHARED_WORDS = 3

/** How a search on one core works with those on the others. */
export interface Sharing {
  readonly words: Int32Array
  /** Words on which CPUs meet, as far as all cores together know. */
  readonly meetings?: Meetings
  /** Takes parts of the tree that another core is to search. */
  give(parts: readonly Subtree[]): void
  /** Executions between two looks at the other cores and the clock, if not the usual number. */
  readonly glance?: number
}

/** Executions between two looks at the clock and at the other cores. */
const GLANCE = 16
/** Milliseconds between two reports of progress. */
const PROGRESS_MS = 200

/** Something that is told how far a search has come. */
export interface Progress {
  readonly executions: number
  readonly ms: number
}

/** Budget of a search. */
export interface Limits {
  /** Most executions. */
  readonly executions?: number
  /** Longest time, milliseconds. */
  readonly ms?: number
  /** Go on after a failure, to count them all. */
  readonly keepGoing?: boolean
  /** Collect the hashes of the traces seen. */
  readonly traces?: boolean
  /** Search this part only. */
  readonly subtree?: Subtree
  /** Other cores search other parts; `executions` is for all of them together. */
  readonly sharing?: Sharing
  /** Told now and then how far the search has come. */
  readonly progress?: (progress: Progress) => void
}

/** A failing execution. */
export interface Found {
  readonly kind: OutcomeName
  /** Number of the execution that failed, from 1. */
  readonly at: number
  readonly schedule: readonly Deviation[]
  readonly message: string
  readonly steps: number
}

/** What a search did. */
export interface SearchResult {
  readonly search: string
  /** Everything within the search's bound has been seen. */
  readonly exhausted: boolean
  readonly executions: number
  /** Executions cut short because an equivalent one had been seen. */
  readonly redundant: number
  readonly steps: number
  readonly longest: number
  readonly ms: number
  readonly failures: Readonly<Partial<Record<OutcomeName, number>>>
  readonly first: Found | undefined
  /** Hashes of the traces seen, if asked for. */
  readonly traces: ReadonlySet<number>
}

/** Adds up what several searches did, of which the last says what has been seen; the time, unless it is given. */
export function merged(
  parts: readonly SearchResult[],
  ms = parts.reduce((all, part) => all + part.ms, 0),
): SearchResult {
  const last = parts.at(-1) as SearchResult
  const sum = (of: (part: SearchResult) => number): number => parts.reduce((all, part) => all + of(part), 0)
  return {
    search: last.search,
    exhausted: parts.every(({ exhausted }) => exhausted),
    executions: sum(({ executions }) => executions),
    redundant: sum(({ redundant }) => redundant),
    steps: sum(({ steps }) => steps),
    longest: Math.max(...parts.map(({ longest }) => longest)),
    ms,
    failures: Object.assign({}, ...parts.map(({ failures }) => failures)) as SearchResult['failures'],
    first: parts.find(({ first }) => first !== undefined)?.first,
    traces: new Set(parts.flatMap(({ traces }) => [...traces])),
  }
}

/** Counts executions and decides when to stop. */
export class Tally {
  readonly traces = new Set<number>()
  readonly #limits: Limits
  readonly #glance: number
  readonly #started = performance.now()
  readonly #failures: Partial<Record<OutcomeName, number>> = {}
  #first: Found | undefined
  executions = 0
  redundant = 0
  #steps = 0
  #longest = 0
  #told = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#glance = limits.sharing?.glance ?? GLANCE
  }

  /** An execution has run. Returns its outcome. */
  ran(engine: Engine, outcome: number): number {
    this.executions++
    this.#steps += engine.step
    if (engine.step > this.#longest) this.#longest = engine.step
    if (outcome === REDUNDANT) this.redundant++
    else if (isFailure(outcome)) this.#failed(engine, outcome)
    return outcome
  }

  #failed(engine: Engine, outcome: number): void {
    const kind = OUTCOME_NAMES[outcome]!
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1
    this.#first ??= {
      kind,
      at: this.executions,
      schedule: deviationsOf(engine),
      message: engine.message,
      steps: engine.step,
    }
  }

  /** Notes the class of the trace that has just been analysed. */
  noteTrace(order: HappensBefore, outcome: number): void {
    if (this.#limits.traces === true && outcome !== REDUNDANT) this.traces.add(order.key(order.length))
  }

  /** True if the search must end here. */
  spent(): boolean {
    const { executions = Infinity, ms = Infinity, keepGoing = false, sharing } = this.#limits
    if (this.#first !== undefined && !keepGoing) return true
    if (sharing === undefined && this.executions >= executions) return true
    if (this.executions % this.#glance !== 0) return false
    if (isClosing()) return true
    if (sharing !== undefined && this.#stopped(sharing.words, executions)) return true
    if (this.#limits.progress !== undefined) this.#tell(this.#limits.progress)
    return ms !== Infinity && performance.now() - this.#started > ms
  }

  #tell(progress: (progress: Progress) => void): void {
    const ms = performance.now() - this.#started
    if (ms - this.#told < PROGRESS_MS) return
    this.#told = ms
    progress({ executions: this.executions, ms })
  }

  #stopped(words: Int32Array, executions: number): boolean {
    Atomics.add(words, EXECUTED, this.#glance)
    return Atomics.load(words, STOP) !== 0 || Atomics.load(words, EXECUTED) >= executions
  }

  /** True if another core waits for work and this search is the first to see it. */
  mayGive(): boolean {
    const { sharing } = this.#limits
    if (sharing === undefined || this.executions % this.#glance !== 0) return false
    return Atomics.load(sharing.words, HUNGRY) !== 0 && Atomics.exchange(sharing.words, HUNGRY, 0) !== 0
  }

  /** Hands parts of the tree to other cores. */
  give(parts: readonly Subtree[]): void {
    this.#limits.sharing?.give(parts)
  }

  result(search: string, exhausted: boolean): SearchResult {
    if (this.#limits.sharing !== undefined) {
      Atomics.add(this.#limits.sharing.words, EXECUTED, this.executions % this.#glance)
    }
    return {
      search,
      exhausted,
      executions: this.executions,
      redundant: this.redundant,
      steps: this.#steps,
      longest: this.#longest,
      ms: performance.now() - this.#started,
      failures: this.#failures,
      first: this.#first,
      traces: this.traces,
    }
  }
}
