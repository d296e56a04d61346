/**
 * Probabilistic concurrency testing: random priorities, the best runs; at depth − 1 random steps the best is demoted. A bug
 * that needs d ordered points is hit with probability at least 1 / (n · k^(d−1)) per run, for n CPUs and k steps.
 *
 * Source   Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding
 *          bugs", ASPLOS 2010.
 */
import type { Execution } from '../engine/execution.ts'
import type { Policy } from '../engine/policy.ts'
import { MAX_CPUS } from '../engine/words.ts'
import { Dice, sample, type SampleOptions } from './sample.ts'
import type { Engine, Search } from './search.ts'

/** Steps assumed before the first execution has shown how many there are. */
const FIRST_GUESS = 20
const TOP = 1000

/** Of the CPUs in the mask, the one with the highest priority. */
export function best(priority: Int32Array, cpus: number, enabled: number): number {
  let choice = -1
  for (let cpu = 0; cpu < cpus; cpu++) {
    if (((enabled >> cpu) & 1) === 0) continue
    if (choice < 0 || priority[cpu]! > priority[choice]!) choice = cpu
  }
  return choice
}

class PctPolicy implements Policy {
  readonly #dice: Dice
  readonly #changes: Int32Array
  readonly #priority = new Int32Array(MAX_CPUS)
  #lowest = TOP
  #longest = FIRST_GUESS

  constructor(seed: number, depth: number) {
    this.#dice = new Dice(seed)
    this.#changes = new Int32Array(Math.max(0, depth - 1))
  }

  begin(run: Execution): void {
    const priority = this.#priority
    for (let cpu = 0; cpu < run.cpus; cpu++) {
      const swap = this.#dice.below(cpu + 1)
      priority[cpu] = priority[swap]!
      priority[swap] = TOP + cpu
    }
    this.#lowest = TOP
    for (let i = 0; i < this.#changes.length; i++) this.#changes[i] = this.#dice.below(this.#longest)
  }

  choose(run: Execution, enabled: number): number {
    for (let i = 0; i < this.#changes.length; i++) {
      if (this.#changes[i] === run.step)
        this.#priority[best(this.#priority, run.cpus, enabled)] = --this.#lowest
    }
    return best(this.#priority, run.cpus, enabled)
  }

  pick(_run: Execution, n: number): number {
    return this.#dice.below(n)
  }

  executed(run: Execution): void {
    if (run.step >= this.#longest) this.#longest = run.step + 1
  }
}

/** Samples schedules with PCT; `depth` is 3 if not given. */
export function pct(engine: Engine, options: SampleOptions): Search {
  const depth = options.depth ?? 3
  return sample(engine, `pct depth ${depth}`, new PctPolicy(options.seed ?? 1, depth), options)
}
