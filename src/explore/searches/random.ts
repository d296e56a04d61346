/**
 * Random walk: each step by a CPU drawn uniformly from those that can run. The baseline; good at shallow bugs.
 */
import type { Execution } from '../engine/execution.ts'
import type { Policy } from '../engine/policy.ts'
import { Dice, sample, type SampleOptions } from './sample.ts'
import type { Engine, Search } from './search.ts'

/** Draws uniformly from those that can run. */
export class RandomPolicy implements Policy {
  readonly #dice: Dice

  constructor(seed: number) {
    this.#dice = new Dice(seed)
  }

  begin(): void {}

  choose(_run: Execution, enabled: number): number {
    let count = 0
    for (let rest = enabled; rest !== 0; rest &= rest - 1) count++
    let rest = enabled
    if (count > 1) for (let skip = this.#dice.below(count); skip > 0; skip--) rest &= rest - 1
    return 31 - Math.clz32(rest & -rest)
  }

  pick(_run: Execution, n: number): number {
    return this.#dice.below(n)
  }

  executed(): void {}
}

/** Samples schedules by random walks. */
export function randomWalk(engine: Engine, options: SampleOptions): Search {
  return sample(engine, 'random', new RandomPolicy(options.seed ?? 1), options)
}
