/**
 * A clock that stands still while the whole process does: a test whose machine was suspended for a minute has neither run for
 * a minute nor hung for one.
 *
 * Rule     whoever uses it looks at least every quarter of a second while the process runs.
 */
import { performance } from 'node:perf_hooks'

/** A gap between two looks that is longer counts as this much. */
const LONGEST_MS = 500

/** Milliseconds that the process has run since it was made. */
export class RunningClock {
  #last = performance.now()
  #now = 0

  /** Milliseconds since its birth. */
  now(): number {
    const real = performance.now()
    this.#now += Math.min(real - this.#last, LONGEST_MS)
    this.#last = real
    return this.#now
  }
}
