/**
 * The policy of DFS, DPOR and replay: follow a plan, then the default (stay on the running CPU; when it cannot run, the
 * next one in cyclic order). It carries the sleep set: CPUs whose next operation has been explored from an equivalent
 * state and need not be tried until something dependent has happened.
 */
import {
  CHOOSE,
  dependent,
  CAS,
  LOAD,
  NOTHING,
  QUEUES,
  READS,
  RELAX,
  RESUME,
  SPINS,
  STORE,
} from '../dependence.ts'
import { TIMEOUT, WAIT, WAKE, WAKES, WRITES, BARRIER } from '../dependence.ts'
import { BAD_CHOICE, REDUNDANT_CHOICE, type Policy } from '../engine/policy.ts'
import type { Execution } from '../engine/execution.ts'
import { spinReads } from '../engine/spin.ts'

/** No wish for this step: take the default. */
export const DEFAULT = -1

/** The CPU that the default policy lets run. `timed`: those that could only time out; they come last. */
export function defaultChoice(cpus: number, enabled: number, timed: number, last: number): number {
  const now = enabled & ~timed
  const candidates = now === 0 ? enabled : now
  let cpu = last
  while (((candidates >> cpu) & 1) === 0) cpu = cpu + 1 === cpus ? 0 : cpu + 1
  return cpu
}

/** Class of the operation that a CPU will do next, in the present state. */
export function pendingClass(run: Execution, cpu: number): number {
  switch (run.op[cpu]!) {
    case LOAD:
      return READS
    case STORE:
      return WRITES
    case CAS:
      return run.memory[run.addr[cpu]!] === run.x[cpu] ? READS | WRITES : READS
    case WAIT:
      return READS | QUEUES
    case WAKE:
      return WAKES
    case TIMEOUT:
      return QUEUES
    case RELAX:
    case RESUME:
    case CHOOSE:
    case NOTHING:
      return 0
    default:
      return READS | WRITES
  }
}

/** Follows `plan`, then the default. */
export class PlanPolicy implements Policy {
  plan: Int32Array
  /** Steps of the plan. */
  length = 0
  /** Steps at its beginning that the last execution has done too. */
  shared = 0
  /** Sleep set at the last step of the plan. */
  sleep = 0
  /** Choices that are not possible are ignored instead of ending the execution. */
  lenient = false

  constructor(maxSteps: number) {
    this.plan = new Int32Array(maxSteps + 1)
  }

  begin(run: Execution): void {
    run.sleep = this.sleep
  }

  choose(run: Execution, enabled: number, timed: number): number {
    const step = run.step
    if (step < this.length) {
      const wish = this.plan[step]!
      if (wish >= 0) {
        if (((enabled >> wish) & 1) !== 0) return wish
        if (!this.lenient) return BAD_CHOICE
      }
    }
    const awake = step >= this.length ? enabled & ~run.sleep : enabled
    if (awake === 0) return REDUNDANT_CHOICE
    return defaultChoice(run.cpus, awake, timed, run.last)
  }

  pick(run: Execution, n: number): number {
    const wish = run.step < this.length ? this.plan[run.step]! : DEFAULT
    if (wish < 0) return 0
    if (wish < n) return wish
    return this.lenient ? 0 : BAD_CHOICE
  }

  /** Wakes the CPUs in the sleep set whose next operation does not commute with what has just happened. */
  executed(run: Execution, cpu: number, addr: number, cls: number): void {
    let sleep = run.sleep
    if (sleep === 0 || run.step < this.length - 1) return
    sleep &= ~(1 << cpu)
    if ((cls & BARRIER) !== 0) sleep = 0
    for (let q = 0; q < run.cpus; q++) {
      if (((sleep >> q) & 1) !== 0 && this.#wakes(run, q, cpu, addr, cls)) sleep &= ~(1 << q)
    }
    run.sleep = sleep
  }

  #wakes(run: Execution, q: number, cpu: number, addr: number, cls: number): boolean {
    const op = run.op[q]
    if (op === RESUME) return run.wokenAt[q] === run.step
    if (op === RELAX) return (cls & WRITES) !== 0 && spinReads(run, q, addr)
    if ((cls & SPINS) !== 0) {
      return (pendingClass(run, q) & WRITES) !== 0 && spinReads(run, cpu, run.addr[q]!)
    }
    return run.addr[q] === addr && dependent(pendingClass(run, q), cls)
  }
}
