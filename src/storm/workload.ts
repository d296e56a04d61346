/**
 * A workload, as main sees it: which machines it runs on (one per contender: strategy, fence), what each does step by step,
 * and what it found. The harness does the rest, alike for all of them.
 */
import type { Machine } from '../machine/machine.ts'
import type { MachineFailure } from '../machine/failure.ts'
import type { MachinePlan } from '../machine/plan.ts'

/** One thing that one machine does while all others are parked. */
export interface StormStep {
  /** Whose machine. */
  readonly lane: string
  /** For a progress line. */
  readonly phase: 'warm-up' | 'round'
  readonly round: number
  readonly rounds: number
  readonly label: string
  /** False if the machine is the worse for it: it is replaced. */
  run(machine: Machine): Promise<boolean>
  /** The machine broke in this step. True if that is a finding about what is judged: the machine is replaced, and the run goes on. */
  broke?(machine: Machine, failure: MachineFailure): boolean
}

/** One run of a workload. `Row` is what each contender comes to. */
export interface StormSession<Row> {
  /** Machines in the order in which they are switched on. */
  readonly lanes: readonly string[]
  /** The one of them that has no kernel, if there is one: its locks are nobody's business. */
  readonly control?: string
  /** CPUs of each. */
  readonly cpus: number
  machine(lane: string): MachinePlan
  /** Lazily: a later step may depend on what an earlier one found, or on the time. */
  steps(): Iterable<StormStep>
  /** Figures of everybody who took part so far. */
  results(): readonly Row[]
  /** True if something is wrong with what was judged. */
  readonly found: boolean
  /** Told when all machines are on. */
  booted?(ms: number): void
}
