/**
 * Schedules as text. A schedule is written as its deviations from the default policy (stay on the running CPU; when it
 * cannot run, the next one in cyclic order): `7>1,12>0` = before step 7 switch to cpu-1, before step 12 to cpu-0; `-` is
 * the default run. Where a CPU chooses among alternatives the number is the alternative, 0 by default. A replay string puts the model's name before and a hash of the operations after it:
 * `mutex@7>1,12>0/h3f2a`. A hash that does not fit says that the code has changed since.
 */
import { CHOICE, CPU_MASK, ROW, T_CPU, T_ENABLED, T_OP, T_X, TIMED_SHIFT } from './engine/rows.ts'
import type { Execution } from './engine/execution.ts'
import { RELAX } from './dependence.ts'
import { DEFAULT, defaultChoice, type PlanPolicy } from './searches/plan.ts'

/** Before `step`, `cpu` runs (or alternative `cpu` is taken) although the default policy would have chosen another. */
export interface Deviation {
  readonly step: number
  readonly cpu: number
}

/** What a replay string says. */
export interface Replay {
  readonly model: string
  readonly schedule: readonly Deviation[]
  /** Hash of the operations, '' if the string has none. */
  readonly hash: string
}

/** Deviations of the execution that has just run. */
export function deviationsOf(run: Execution): Deviation[] {
  const found: Deviation[] = []
  let last = 0
  for (let step = 0; step < run.step; step++) {
    const row = step * ROW
    const both = run.rows[row + T_ENABLED]!
    if ((both & CHOICE) !== 0) {
      if (run.rows[row + T_X] !== 0) found.push({ step, cpu: run.rows[row + T_X]! })
      continue
    }
    const usual = defaultChoice(run.cpus, both & CPU_MASK, (both >> TIMED_SHIFT) & 0xff, last)
    last = run.rows[row + T_CPU]!
    if (last !== usual) found.push({ step, cpu: last })
  }
  return found
}

/** Preemptions of the execution that has just run: switches away from a CPU that could have gone on. */
export function preemptionsOf(run: Execution): number {
  let count = 0
  for (let step = 1; step < run.step; step++) {
    const row = step * ROW
    const before = row - ROW
    const last = run.rows[before + T_CPU]!
    if ((run.rows[row + T_ENABLED]! & CHOICE) !== 0) continue
    if (run.rows[row + T_CPU] === last || run.rows[before + T_OP] === RELAX) continue
    if (((run.rows[row + T_ENABLED]! >> last) & 1) !== 0) count++
  }
  return count
}

/** Four hexadecimal digits over which CPU did which operation. */
export function hashOf(run: Execution): string {
  let hash = 0x811c_9dc5
  for (let step = 0; step < run.step; step++) {
    const row = step * ROW
    hash = Math.imul(hash ^ (run.rows[row + T_OP]! * 8 + run.rows[row + T_CPU]!), 0x0100_0193)
  }
  return ((hash ^ (hash >>> 16)) & 0xffff).toString(16).padStart(4, '0')
}

/** Text of a schedule. */
export function formatSchedule(schedule: readonly Deviation[]): string {
  return schedule.length === 0 ? '-' : schedule.map(({ step, cpu }) => `${step}>${cpu}`).join(',')
}

/** Reads a replay string. Throws SyntaxError with what is wrong. */
export function parseReplay(text: string): Replay {
  const match = /^([^@]+)@([^/]*)(?:\/h([0-9a-f]{4}))?$/.exec(text)
  if (match === null) throw new SyntaxError(`'${text}' is not a replay string: model@step>cpu,step>cpu/hash`)
  const [, model = '', body = '', hash = ''] = match
  if (body === '-') return { model, schedule: [], hash }
  let before = -1
  const schedule = body.split(',').map((part) => {
    const found = /^(\d+)>(\d{1,2})$/.exec(part)
    const step = Number(found?.[1])
    if (found === null || !(step > before))
      throw new SyntaxError(`'${part}' in '${text}' is not step>cpu, in order`)
    before = step
    return { step, cpu: Number(found[2]) }
  })
  return { model, schedule, hash }
}

/** Makes the policy follow the schedule. */
export function planFrom(policy: PlanPolicy, schedule: readonly Deviation[], lenient: boolean): void {
  const steps = schedule.filter(({ step }) => step < policy.plan.length)
  policy.length = (steps.at(-1)?.step ?? -1) + 1
  policy.plan.fill(DEFAULT, 0, policy.length)
  for (const { step, cpu } of steps) policy.plan[step] = cpu
  policy.sleep = 0
  policy.lenient = lenient
}
