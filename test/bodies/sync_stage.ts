/** How bodies meet: stages are values of a word that only grow. No body orders another by sleeping. */
import { fetch_add, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE } from '#access'
import { task_of, task_struct } from '../../src/mem/task.ts'

const EVERYBODY = 1 << 20
const BLOCKED_ON = task_struct.offset.blocked_on

/** What the bodies of a sync test work on: addresses, and how often. */
export interface SyncArg {
  readonly object: number
  readonly stage: number
  readonly words: number
  readonly rounds: number
}

/** Announces a stage. */
export function reach(stage: number, value: number): void {
  WRITE_ONCE(stage, value)
  futex_wake(stage, EVERYBODY)
}

/** Counts one more arrival at the stage. */
export function arrive(stage: number): void {
  fetch_add(stage, 1)
  futex_wake(stage, EVERYBODY)
}

/** Waits until the stage is `value` or more. */
export function await_stage(stage: number, value: number): void {
  for (;;) {
    const seen = READ_ONCE(stage)
    if (seen >= value) return
    futex_wait(stage, seen)
  }
}

/** Waits until the task of the CPU says that it sleeps on something. */
export function await_blocked(cpu: number): void {
  while (READ_ONCE(task_of(cpu) + BLOCKED_ON) === 0) nap()
}

/** Gives the core to somebody else for a moment. */
export function nap(): void {
  futex_wait(0, 0, 50_000)
}
