/**
 * What an execution is given: who chooses, and who hears of it.
 */
import type { State } from './state.ts'

/**
 * Chooses who runs. `choose` returns a CPU, REDUNDANT_CHOICE or BAD_CHOICE; `pick` one of n alternatives of the running CPU or
 * BAD_CHOICE.
 */
export interface Policy {
  /** Steps that this execution has in common with the one before it under this policy; absent if that is not known. */
  readonly shared?: number
  begin(run: State): void
  choose(run: State, enabled: number, timed: number): number
  pick(run: State, n: number): number
  executed(run: State, cpu: number, addr: number, cls: number): void
}
export const REDUNDANT_CHOICE = -1
export const BAD_CHOICE = -2

/** Hears every event and plain access of the execution, for ladders. */
export interface Listener {
  event(run: State): void
  plain(run: State, addr: number, value: number, write: boolean): void
  note(run: State, kind: number, addr: number, value: number): void
  /** The execution has failed; the code that did it is still on the stack. */
  failed(run: State): void
}
