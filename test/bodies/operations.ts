import { roundOperations, type Workplan } from '../../src/storm/workloads/mdev/operations.ts'

/** The operations of a round as a worker computes them. */
export function operationsAsText(
  _cpu: number,
  _cpus: number,
  arg: { plan: Workplan; round: number; cpus: number },
): string {
  return JSON.stringify(roundOperations(arg.plan, arg.round, arg.cpus))
}
