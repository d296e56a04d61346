/**
 * Partial order sampling: each pending operation has a random priority, the best runs; after an event the priorities of its
 * CPU and of every pending operation that races with it are drawn anew. Needs no guess of a bug's depth.
 *
 * Source   Yuan, Yang, Gu, "Partial order aware concurrency sampling", CAV 2018.
 */
import { dependent } from '../dependence.ts'
import type { Execution } from '../engine/execution.ts'
import type { Policy } from '../engine/policy.ts'
import { MAX_CPUS } from '../engine/words.ts'
import { best } from './pct.ts'
import { pendingClass } from './plan.ts'
import { Dice, sample, type SampleOptions } from './sample.ts'
import type { Engine, Search } from './search.ts'

class PosPolicy implements Policy {
  readonly #dice: Dice
  readonly #priority = new Int32Array(MAX_CPUS)

  constructor(seed: number) {
    this.#dice = new Dice(seed)
  }

  begin(run: Execution): void {
    for (let cpu = 0; cpu < run.cpus; cpu++) this.#priority[cpu] = this.#dice.u31()
  }

  choose(run: Execution, enabled: number): number {
    return best(this.#priority, run.cpus, enabled)
  }

  pick(_run: Execution, n: number): number {
    return this.#dice.below(n)
  }

  executed(run: Execution, cpu: number, addr: number, cls: number): void {
    for (let q = 0; q < run.cpus; q++) {
      if (q === cpu || (run.addr[q] === addr && dependent(pendingClass(run, q), cls))) {
        this.#priority[q] = this.#dice.u31()
      }
    }
  }
}

/** Samples schedules with POS. */
export function pos(engine: Engine, options: SampleOptions): Search {
  return sample(engine, 'pos', new PosPolicy(options.seed ?? 1), options)
}
