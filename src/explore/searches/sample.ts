/**
 * The loop that the randomised searches share: seed, run, count, until the budget is spent.
 */
import type { Policy } from '../engine/policy.ts'
import { HappensBefore } from '../happens_before.ts'
import { Tally, type Engine, type Limits, type Search } from './search.ts'

/** Budget and seed of a randomised search. */
export interface SampleOptions extends Limits {
  readonly seed?: number
  /** Change points of PCT plus one: the depth of bug it is sure to find with a known probability. */
  readonly depth?: number
}

/** xorshift32: cheap, and good enough to choose among a handful. Never 0. */
export class Dice {
  #x: number

  constructor(seed: number) {
    this.#x = Math.imul(seed + 1, 0x9e37_79b1) | 1
    for (let i = 0; i < 4; i++) this.u31()
  }

  /** Uniform in [0, 2^31). */
  u31(): number {
    let x = this.#x
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#x = x
    return x & 0x7fff_ffff
  }

  /** Uniform in [0, n), n small. */
  below(n: number): number {
    return this.u31() % n
  }
}

/** Samples schedules with a policy that draws anew in each `begin`. */
export function* sample(engine: Engine, name: string, policy: Policy, options: SampleOptions): Search {
  const tally = new Tally(options)
  const order = options.traces === true ? new HappensBefore(engine) : undefined
  if (options.executions === undefined && options.ms === undefined) {
    throw new RangeError(`${name} never ends by itself: give it a number of executions or milliseconds`)
  }
  do {
    const outcome = tally.ran(engine, yield policy)
    if (order !== undefined) {
      order.analyse(0)
      tally.noteTrace(order, outcome)
    }
  } while (!tally.spent())
  return tally.result(name, false)
}
