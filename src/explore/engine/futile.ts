/**
 * Loops that poll without cpu_relax. A CPU that does the same steps again and again while nothing changes is kept waiting for the
 * others, as a fair machine would: only so does right code that polls come to its end.
 *
 * Rule    after FUTILE_STEPS steps in a row that repeat themselves, without any change of memory by anybody, a CPU gives way to all
 *         that are not so far. If nobody else can run, those that poll and time-outs have their turns, one after the other.
 * Claim   what the loop keeps in variables of its own is not seen, so it may be about to end: nobody is ever said to be stuck by this
 *         rule, and a search that has made use of it has not seen everything.
 */
import { RELAX, RESUME, TIMEOUT } from '../dependence.ts'
import { ROW, T_ADDR, T_CPU, T_OLD, T_OP, T_X, T_Y } from './rows.ts'

/** Steps in a row that change nothing, after which a CPU that repeats itself gives way. */
export const FUTILE_STEPS = 64

/** What an execution keeps of the steps of its CPUs. */
export interface Futile {
  readonly rows: Int32Array
  readonly step: number
  readonly changes: number
  /** Steps in a row of each CPU during which nothing has changed, and how many changes there had been. */
  readonly futile: Int32Array
  readonly futileAt: Int32Array
}

/** The CPU has done the step that is the last of the trace. Who sleeps or relaxes gives way by itself. */
export function noteStep(run: Futile, cpu: number, op: number): void {
  if (run.futileAt[cpu] !== run.changes || op === RELAX || op === RESUME || op === TIMEOUT) {
    run.futileAt[cpu] = run.changes
    run.futile[cpu] = 0
  } else if (++run.futile[cpu]! === FUTILE_STEPS && !repeats(run, cpu)) run.futile[cpu] = FUTILE_STEPS / 2
}

/** True if the CPU gives way to others. */
export function givesWay(run: Futile, cpu: number): boolean {
  return run.futile[cpu]! >= FUTILE_STEPS && run.futileAt[cpu] === run.changes
}

const own = new Int32Array(FUTILE_STEPS)

/** The last steps of the CPU are one sequence, at least twice. */
function repeats(run: Futile, cpu: number): boolean {
  let n = 0
  for (let step = run.step; step >= 0 && n < FUTILE_STEPS; step--)
    if (run.rows[step * ROW + T_CPU] === cpu) own[n++] = step * ROW
  for (let period = 1; period <= n / 2; period++) if (hasPeriod(run.rows, n, period)) return true
  return false
}

function hasPeriod(rows: Int32Array, n: number, period: number): boolean {
  for (let i = 0; i + period < n; i++) if (!isSame(rows, own[i]!, own[i + period]!)) return false
  return true
}

function isSame(rows: Int32Array, a: number, b: number): boolean {
  for (const column of [T_OP, T_ADDR, T_X, T_Y, T_OLD])
    if (rows[a + column] !== rows[b + column]) return false
  return true
}
