/**
 * A program under detectors: sets them up before the program boots, and installs them on every CPU that comes aboard.
 *
 * Rules   for machines of the checked build only; a module that wraps its program so is loaded by nobody else. The detectors
 *         of an earlier machine that the worker served are removed.
 * Order   detectors first: they must hear of every lock that is made.
 */
import { ENOMEM } from '../base/errno.ts'
import { detectors_attach, detectors_init, type DetectorPlan } from '../debug/detectors.ts'
import type { Program } from './program.ts'

/** What the machine of a watched program is told: which detectors, and the program's own argument. */
export interface WatchedArg {
  readonly detectors: DetectorPlan
  readonly arg: unknown
}

/** The program, watched by the detectors that its machine's argument (WatchedArg) names. */
export function watched(program: Program): Program {
  return {
    ...program,
    boot(arg) {
      const { detectors, arg: own } = arg as WatchedArg
      if (!detectors_init(detectors)) return -ENOMEM
      detectors_attach(detectors)
      return program.boot(own)
    },
    attach(cpu, arg) {
      const { detectors, arg: own } = arg as WatchedArg
      detectors_attach(detectors)
      program.attach?.(cpu, own)
    },
  }
}
