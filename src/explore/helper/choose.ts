/** Choices that a body leaves to the explorer. */
import { MAX_CHOICES } from '../engine/rows.ts'
import type { UserEngine } from './engine.ts'
import { RefusedError } from './refused.ts'

/** One of 0 to n − 1. More alternatives than an event has are taken in digits. */
export function chooseAmong(engine: UserEngine | undefined, n: number): number {
  if (!(Number.isSafeInteger(n) && n >= 1)) {
    throw new RefusedError(
      'ERR_EXPLORE_BAD_PROGRAM',
      `choose takes the number of alternatives, an integer from 1 on, not ${n}`,
    )
  }
  if (engine?.inBody !== true) {
    throw new RefusedError(
      'ERR_EXPLORE_UNSUPPORTED',
      'choose is for bodies that are explored: here there is nobody to choose',
    )
  }
  if (n <= MAX_CHOICES) return n === 1 ? 0 : engine.choose(n)
  const high = chooseAmong(engine, Math.ceil(n / MAX_CHOICES))
  return high * MAX_CHOICES + chooseAmong(engine, Math.min(MAX_CHOICES, n - high * MAX_CHOICES))
}
