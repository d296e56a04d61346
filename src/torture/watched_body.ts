/**
 * The body of a torture task under detectors, for `--lockdep` and `--lock-stat`.
 */
import { trace_task_exit } from '#trace'
import { detectors_attach, type DetectorPlan } from '../debug/detectors.ts'
import * as body from './body.ts'

/** Runs one task; at its end it must hold nothing. */
export function kthread(cpu: number, cpus: number, arg: body.BodyArg & { detectors: DetectorPlan }): void {
  detectors_attach(arg.detectors)
  body.kthread(cpu, cpus, arg)
  trace_task_exit()
}
