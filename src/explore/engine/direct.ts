/**
 * Accesses outside the simulation: set-up, final checks, invariants, detectors. They go straight to memory, are no
 * events, and are undone with the rest when the next execution starts.
 */
import { CAS, CHOOSE, LOAD, RELAX, STORE, WAIT, WAKE } from '../dependence.ts'
import type { Execution } from './execution.ts'
import { CLOCK, PLAIN_LOAD, PLAIN_STORE } from './log.ts'
import { applied } from './perform.ts'

/** Performs one access of the given kind. */
export function direct(run: Execution, kind: number, addr: number, x: number, y: number): number {
  const { memory } = run
  switch (kind) {
    case LOAD:
    case PLAIN_LOAD:
      return memory[addr]!
    case WAIT:
      throw new Error('set-up and checks of a model must not sleep')
    case WAKE:
    case RELAX:
    case CLOCK:
    case CHOOSE:
      return 0
    default: {
      run.words.at(addr)
      const old = memory[addr]!
      if (kind === CAS) {
        if (old === x) memory[addr] = y
      } else memory[addr] = kind === PLAIN_STORE ? x : applied(kind, old, x)
      return kind === STORE || kind === PLAIN_STORE ? 0 : old
    }
  }
}
