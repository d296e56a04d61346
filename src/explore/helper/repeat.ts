/**
 * Running an execution again, on the same schedule: what it does must be the same.
 */
import { OUTCOME_NAMES } from '../../define/outcome.ts'
import { OP_NAMES } from '../dependence.ts'
import { BAD_CHOICE, REDUNDANT_CHOICE, type Policy } from '../engine/policy.ts'
import { CHOICE, ROW, T_ADDR, T_CPU, T_ENABLED, T_OP, T_SLEEP, T_X } from '../engine/rows.ts'
import type { Execution } from '../engine/execution.ts'
import type { Nested } from '../engine/nested.ts'

/** What an execution has done. */
export interface Recording {
  readonly rows: Int32Array
  readonly steps: number
  readonly attempted: number
  readonly logs: readonly Int32Array[]
  readonly outcome: number
  readonly message: string
  readonly failedCpu: number
}

/** Copies what the execution that has just run has done. */
export function record(run: Nested): Recording {
  return {
    rows: run.rows.slice(0, (run.step + run.attempted) * ROW),
    steps: run.step,
    attempted: run.attempted,
    logs: Array.from({ length: run.cpus }, (_, cpu) => run.logs.entries[cpu]!.slice(0, run.logs.length[cpu])),
    outcome: run.outcome,
    message: run.message,
    failedCpu: run.failedCpu,
  }
}

/** Follows a recording. Beyond its end runs the CPU that failed in its next step, or whom `after` says. */
export class SamePolicy implements Policy {
  readonly #recording: Recording
  readonly #after: (enabled: number) => number

  constructor(recording: Recording, after?: (enabled: number) => number) {
    this.#recording = recording
    const { failedCpu } = recording
    this.#after =
      after ??
      ((enabled) => (failedCpu >= 0 && ((enabled >> failedCpu) & 1) !== 0 ? failedCpu : REDUNDANT_CHOICE))
  }

  begin(): void {}

  choose(run: Execution, enabled: number): number {
    if (run.step >= this.#recording.steps) return this.#after(enabled)
    const cpu = this.#recording.rows[run.step * ROW + T_CPU]!
    return ((enabled >> cpu) & 1) === 0 ? BAD_CHOICE : cpu
  }

  pick(run: Execution): number {
    const row = run.step * ROW
    const { rows, steps } = this.#recording
    if (run.step >= steps || (rows[row + T_ENABLED]! & CHOICE) === 0) return BAD_CHOICE
    return rows[row + T_X]!
  }

  executed(): void {}
}

/** Puts the engine's trace back to that of a recording, sleep sets and all. */
export function restore(run: Execution, { rows, steps, attempted }: Recording): void {
  run.rows.set(rows)
  run.attempted = attempted
  run.step = steps
}

/** Says in what the execution that has just run differs from the recording; '' if in nothing. */
export function difference(run: Nested, before: Recording, nameOf: (addr: number) => string): string {
  const steps = Math.min(run.step, before.steps)
  for (let step = 0; step < steps; step++) {
    const at = step * ROW
    for (let column = 0; column < ROW; column++) {
      if (column === T_SLEEP || run.rows[at + column] === before.rows[at + column]) continue
      const text = (rows: Int32Array): string =>
        `cpu-${rows[at + T_CPU]} does ${OP_NAMES[rows[at + T_OP]!] ?? ''} on ${nameOf(rows[at + T_ADDR]!)} (${rows.slice(at + T_X, at + T_X + 3).join(', ')})`
      return `at step ${step} ${text(before.rows)} the first time, and the second time ${text(run.rows)}`
    }
  }
  if (run.outcome !== before.outcome || run.message !== before.message) {
    const text = (outcome: number, message: string): string =>
      `${OUTCOME_NAMES[outcome] ?? ''}${message === '' ? '' : ` (${message})`}`
    return `the first time it ends with ${text(before.outcome, before.message)}, the second time with ${text(run.outcome, run.message)}`
  }
  if (run.step !== before.steps)
    return `it takes ${before.steps} steps the first time, ${run.step} the second`
  for (let cpu = 0; cpu < run.cpus; cpu++) {
    const log = run.logs.entries[cpu]!.subarray(0, run.logs.length[cpu])
    const old = before.logs[cpu]!
    if (log.length !== old.length || log.some((value, i) => value !== old[i])) {
      return `cpu-${cpu} makes other plain accesses the second time`
    }
  }
  return ''
}
