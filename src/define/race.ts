/**
 * A scenario: one race of the mails, as data and a few small functions. It is written once and run three ways: forced (the
 * drawn interleaving, on real workers, one CPU at a time), unforced (how often does it happen by itself?), and as a row of
 * the matrix of all strategies.
 *
 * Rules   bodies, set-up and check are kernel-side code: they reach memory through #access, keep nothing between runs and
 *         answer with a negative errno or a number that is not negative. What they share lies in the words they are given.
 *         An expectation says what happens and, separately, who sees it: a hang that lockdep misses is a finding.
 */
import type { LockdepOptions } from '../debug/index.ts'
import type { BootOptions } from '../drivers/index.ts'
import type { Strategy } from '../mdev/strategies.ts'

/** The vendor's driver is as the mails have it. */
export const OF_ITS_DAY = 'of its day'

/** What became of the race. */
export type Outcome = 'happens' | 'does not' | 'hangs'

/** What a race varies over: a strategy of mdev, a notifier of VFIO, a driver's wiring, a fence; or nothing at all. */
export type Axis = 'strategy' | 'notifier' | 'wiring' | 'fence' | 'none'

/** Who noticed something, in the order of the kernel's own severity. */
export const DETECTORS = ['oops', 'warning', 'lockdep', 'kasan', 'hung task', 'invariants'] as const
export type Detector = (typeof DETECTORS)[number]

/** One cell of the matrix. */
export interface Cell {
  readonly outcome: Outcome
  readonly seenBy: readonly Detector[]
  /** Answer of each CPU's body: `ok`, an errno's name, `oops` (the task died) or `hangs`. */
  readonly answers: readonly string[]
}

/** A CPU runs until it reaches a point, ends, dies or falls asleep; then the next step begins. */
export interface Step {
  readonly cpu: number
  /** A trace_point's name, `enter f`, `leave f`, or END. */
  readonly until: string
}

/** What a search of all interleavings up to a bound came to. */
export interface Explored {
  /** `oops in execution 673`, `none up to 1 preemption`: or why there was no search. */
  readonly text: string
  readonly executions: number
  /** The failure that was found, and how to see it again. */
  readonly failure?: string
  readonly replay?: string
  readonly asExpected: boolean
}

/** What is known when all CPUs have ended, died or stopped for ever. */
export interface Aftermath {
  /** Shared words of the scenario. */
  readonly words: number
  readonly answers: readonly string[]
}

/** What the check found out. */
export interface Finding {
  readonly happened: boolean
  /** One sentence per broken invariant. */
  readonly broken?: readonly string[]
}

/** Where a scenario's machine differs from the usual one: two GPUs, second-order locks, today's lockdep. */
export interface ScenarioBoot extends Partial<Omit<BootOptions, 'strategy'>> {
  readonly lockdep?: LockdepOptions
}

/** See the head of this file. */
export interface Scenario {
  readonly name: string
  /** One line: what runs against what. */
  readonly title: string
  /** Mail, author, date. */
  readonly source: string
  /** What the mail reports. */
  readonly symptom: string
  /** What was argued for. */
  readonly fix: string
  readonly boot?: ScenarioBoot
  /** Runs alone on CPU 0, before the race. Answers 0, or a negative errno that ends the run. */
  readonly setup?: (words: number) => number
  /** One body per CPU; their names head the report. */
  readonly cpus: readonly ((words: number) => number)[]
  readonly schedule: readonly Step[]
  /** Text that a ladder shows for a trace_point. Points without a text are shown only where the schedule stops. */
  readonly labels?: Readonly<Record<string, string>>
  /** Runs alone on CPU 0 after the race. A lock that a dead task holds ends it: it counts as not happened. */
  readonly check: (aftermath: Aftermath) => Finding
  /**
   * What a search of all orders runs and asks in place of the race's own: `check` where that has a meaning in the drawn order only,
   * `cpus` where those let minutes pass, only look on, or look paths up (kit/opened.ts). `setup` runs after that of the race.
   * `calm`: words that a coarse search preempts nobody before in this race, besides those of all races (Model.calm).
   */
  readonly inAnyOrder?: {
    readonly setup?: (words: number) => number
    readonly cpus?: readonly ((words: number) => number)[]
    readonly check?: (aftermath: Aftermath) => Finding
    readonly calm?: RegExp
  }
  /** False: the check needs the drawn order, so a run without the schedule says nothing. */
  readonly free?: false
  /** What it varies over, if not over the strategies. It then runs once, on a machine whose strategy does not matter. */
  readonly axis?: { readonly axis: Exclude<Axis, 'strategy'>; readonly member?: string }
  readonly expect: Expect
  /** Where the vendor's driver does otherwise than on its day, and the strategy lets it: what it does, for the cell. */
  readonly vendor?: (strategy: Strategy) => string | undefined
  /** The strategies under which it is a row of its own: under the others it comes out as the row without the vendor's change. */
  readonly only?: (strategy: Strategy) => boolean
  /** Preemptions up to which an exploration sees every interleaving; 1 if not given. */
  readonly bound?: number
  /** Why another interleaving than the drawn one shows something under a strategy under which the drawn one does not. */
  readonly elsewhere?: (strategy: Strategy) => string | undefined
}

/** The CPU's body runs to its end. */
export const END = 'end'

/** A step of a schedule. */
export function step(cpu: number, until: string): Step {
  return { cpu, until }
}

/** The race happens. */
export function happens(answers: string, ...seenBy: Detector[]): Cell {
  return { outcome: 'happens', seenBy, answers: answers.split(' ') }
}

/** The strategy prevents it. */
export function prevented(answers: string, ...seenBy: Detector[]): Cell {
  return { outcome: 'does not', seenBy, answers: answers.split(' ') }
}

/** Somebody stops for ever. */
export function hangs(answers: string, ...seenBy: Detector[]): Cell {
  return { outcome: 'hangs', seenBy, answers: answers.split(' ') }
}

/** What is expected under a strategy, by what its seams say of themselves: a new row derives its column. */
export type Expect = (strategy: Strategy) => Cell

/** One expectation where there is a gate, another where there is none. */
export function gated(guarded: Cell, unguarded: Cell): Expect {
  return ({ gate }) => (gate.guarded ? guarded : unguarded)
}

/** Whoever is refused by a gate where vendors may refuse makes the remove file again, on a device that goes: stale-remove-file. */
export function staleFile({ gate, sequence }: Strategy): Detector[] {
  return gate.guarded && sequence.vendorMayRefuse ? ['warning'] : []
}

/** The parts of a race in which no strategy plays a part: it runs once, and so it is expected to end. */
export function once(
  axis: Exclude<Axis, 'strategy'>,
  cell: Cell,
  member?: string,
): Pick<Scenario, 'axis' | 'expect'> {
  return { axis: member === undefined ? { axis } : { axis, member }, expect: () => cell }
}
