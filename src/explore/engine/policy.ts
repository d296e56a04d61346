/**
 * What an execution is given: who chooses, by which rules, and who hears of it.
 */
import type { Execution } from './execution.ts'

/**
 * Chooses who runs. `choose` returns a CPU, REDUNDANT_CHOICE or BAD_CHOICE; `pick` one of n alternatives of the running CPU or
 * BAD_CHOICE.
 */
export interface Policy {
  /** Steps that this execution has in common with the one before it under this policy; absent if that is not known. */
  readonly shared?: number
  begin(run: Execution): void
  choose(run: Execution, enabled: number, timed: number): number
  pick(run: Execution, n: number): number
  executed(run: Execution, cpu: number, addr: number, cls: number): void
}
export const REDUNDANT_CHOICE = -1
export const BAD_CHOICE = -2

/** Limits and rules of an execution. */
export interface Rules {
  readonly maxSteps: number
  /** Time-outs each CPU may let fire although others could run. */
  readonly earlyTimeouts: number
  /** Sleeps of each CPU that may end without anybody having woken it. They do when nothing else can run, so explore without them too. */
  readonly spuriousWakeups?: number
  /** How far a look at the clock of one's CPU moves it. */
  readonly tickNs?: number
  /** Look for data races. */
  readonly races: boolean
  /** Let freed objects be touched. */
  readonly touchFreed?: boolean
  /** Nothing but events looks at memory while the CPUs run, and races are looked for: see searches/meetings.ts. */
  readonly eventsOnly?: boolean
  /** First address that may be touched; the words below are the NULL page. */
  readonly lowest: number
}

/** Hears every event and plain access of the execution, for ladders. */
export interface Listener {
  event(run: Execution): void
  plain(run: Execution, addr: number, value: number, write: boolean): void
  note(run: Execution, kind: number, addr: number, value: number): void
  /** The execution has failed; the code that did it is still on the stack. */
  failed(run: Execution): void
}
