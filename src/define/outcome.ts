/**
 * How an execution can end, and the two things the engine throws through the code under test.
 */

export const PASSED = 0
export const DEADLOCK = 1
export const ASSERTION = 2
/** Cut short: every CPU that could run is asleep in the search's sleep set. Not a failure. */
export const REDUNDANT = 3
export const STEP_LIMIT = 4
export const DATA_RACE = 5
export const USE_AFTER_FREE = 6
export const DIVERGED = 7
export const INVARIANT = 8
export const LOST_WAKEUP = 9
export const DOUBLE_FREE = 10
export const LEAK = 11
export const HELD_AT_EXIT = 12
export const ATOMIC_SLEEP = 13
export const NONDETERMINISM = 14
export const DETECTOR = 15
export const LIVELOCK = 16
export const BAD_ADDRESS = 17
export const OOPS = 18

/** Names of outcomes by number. */
export const OUTCOME_NAMES = [
  'passed',
  'deadlock',
  'assertion',
  'redundant',
  'step limit',
  'data race',
  'use after free',
  'schedule does not fit the code',
  'invariant',
  'lost wake-up',
  'double free',
  'leak',
  'lock held at exit',
  'sleep in atomic context',
  'uncontrolled nondeterminism',
  'detector report',
  'livelock',
  'bad address',
  'oops',
] as const

/** Name of an outcome. */
export type OutcomeName = (typeof OUTCOME_NAMES)[number]

/** True for an outcome that is a finding. */
export function isFailure(outcome: number): boolean {
  return outcome !== PASSED && outcome !== REDUNDANT
}

// Thrown through code under test, so allocated once and without a stack: an Error would cost microseconds.
class Control {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  toString(): string {
    return this.name
  }
}

/** The execution is over; every body unwinds. */
export const ABORT = new Control('ExplorationAborted')
/** This body must give the stack to another one and will be re-executed. */
export const UNWIND = new Control('ExplorationUnwinds')

/** True for what the engine throws. Code under test that catches everything must rethrow these. */
export function isControl(error: unknown): boolean {
  return error === ABORT || error === UNWIND
}
