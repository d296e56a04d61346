/**
 * What an engine runs, and who hears of it.
 */

/** What an engine runs. `finish` checks the end of an execution in which every body
 * returned, `invariant` the state after every event. Both throw. */
export interface Program {
  readonly bodies: readonly (() => void)[]
  readonly finish?: (() => void) | undefined
  readonly invariant?: (() => void) | undefined
  readonly leaks?: boolean | undefined
}

/** A detector that hears tracepoints, once per execution. */
export interface Detector {
  /** An execution begins. */
  begin(): void
  /** The running CPU told it something: the value of the note says what. */
  heard(value: number): void
}
