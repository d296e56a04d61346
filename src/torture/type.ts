/**
 * What a torture type is: one row of the table that the command runs through. Families (lock/, rcu/, ref/, token/)
 * build rows from the functions of a primitive.
 */
import type { ParamName, Params } from './params.ts'
import type { TaskKind, Tally } from './tally.ts'
import type { TortureTask } from './task.ts'

/** A torture type. */
export interface TortureType {
  readonly name: string
  /** What is tortured, in one line. */
  readonly summary: string
  /** What is wrong with it: such a type must fail. */
  readonly busted?: string
  /** Counters of a task by index. */
  readonly counters: readonly string[]
  /** Counters that count failures, with the text of the warning. */
  readonly failures: Readonly<Record<string, string>>
  /** Parameters it heeds, in the order of the Start line. */
  readonly params: readonly ParamName[]
  /** Replaces -1 by numbers for a machine with so many cores. */
  resolve(params: Params, cores: number): Params
  tasks(params: Params): TaskKind[]
  /** Lines after the Start line. */
  opening?(params: Params): string[]
  /** Makes what is tortured. Boot CPU. Returns the address that tasks get. @throws RangeError when the arena is full */
  init(params: Params): number
  /** What tasks do until turn() is false. */
  readonly bodies: Readonly<Record<string, (task: TortureTask) => void>>
  /** At rest: could a task that sleeps on this address have what it sleeps for? */
  available(state: number, blockedOn: number): boolean
  /** Waiters sleep in slices and look again by themselves: that all of them sleep proves nothing. */
  readonly naps?: boolean
  /** Tasks may sleep at rest for want of something that a parked task would supply. */
  readonly mayStarve?: boolean
  /** Everything is at rest: texts of what does not add up. */
  audit?(state: number, tally: Tally, params: Params): string[]
  /** The test stops: supply what sleepers want, on the boot CPU. */
  drain?(state: number, tasks: number): void
  /** All tasks have ended: texts of what does not add up in the end. Runs kernel code on the boot CPU. */
  finish?(state: number): string[]
  /** Lines of statistics in the kernel's format. */
  stats(tally: Tally, state: number, last: boolean): string[]
}
