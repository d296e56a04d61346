/**
 * lockdep on a real CPU of the witness: in the worker itself, on memory that all of them share. A report that it makes is told
 * to the scheduler, which ends the execution where the other engine does.
 *
 * Invariant  one CPU at a time is between two schedule points, so nobody ever waits for lockdep's own locks.
 * Start      its tables lie in the workers' memory, which is put back to the start with the rest of it.
 */
import { Lockdep } from '../debug/lockdep/index.ts'
import type { Observer } from '../trace/observer.ts'
import { lockdepReported, METHODS } from './lockdep_oracle.ts'

/** To be installed before the CPU's other observers: the other engine hears in that order. */
export function lockdepWitness(reported: () => void): Observer {
  const lockdep = new Lockdep()
  const hearer = (method: (typeof METHODS)[number]): ((...args: unknown[]) => void) => {
    const call = lockdep[method].bind(lockdep) as (...args: unknown[]) => void
    return (...args) => {
      call(...args)
      if (lockdepReported()) reported()
    }
  }
  return { name: 'lockdep', ...Object.fromEntries(METHODS.map((method) => [method, hearer(method)])) }
}
