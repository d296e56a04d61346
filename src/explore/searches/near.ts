/**
 * Search near runs that are known from elsewhere: first the schedules that follow them, then those that deviate from one in one step,
 * then in two, in three. It has seen nothing whole, so it says of a program only that it fails.
 *
 * Guide   who did something, in order. What it says of a CPU that cannot run waits until that can.
 * Leaving the CPU that runs instead goes on until it cannot, and the guide, without what it says of those steps, after that: a real
 *         thread is not stopped at each step either.
 * Order   deviations late in a run come first: what has led to a failure lies close before it.
 */
import { RELAX } from '../dependence.ts'
import { BAD_CHOICE } from '../engine/policy.ts'
import { CHOICE, CPU_MASK, ROW, T_CPU, T_ENABLED, T_X } from '../engine/rows.ts'
import type { Execution } from '../engine/execution.ts'
import type { Policy } from '../engine/policy.ts'
import { defaultChoice } from './plan.ts'
import { Tally, type Engine, type Limits, type Running, type Search } from './search.ts'

/** CPUs in the order in which they did something. */
export type Guide = readonly number[]

/** Most deviations from a guide. */
const FAR = 3

/** Follows a plan, then a guide. */
class NearPolicy implements Policy {
  readonly #guide: Guide
  readonly #plan: readonly number[]
  readonly #done: Uint8Array
  #from = 0
  /** The CPU that runs instead, or -1. */
  #instead = -1

  constructor(guide: Guide, plan: readonly number[]) {
    this.#guide = guide
    this.#plan = plan
    this.#done = new Uint8Array(guide.length)
  }

  begin(): void {
    this.#done.fill(0)
    this.#from = 0
    this.#instead = -1
  }

  choose(run: Execution, enabled: number, timed: number): number {
    const cpu = this.#plan[run.step] ?? this.#next(run, enabled, timed)
    if (((enabled >> cpu) & 1) === 0) return BAD_CHOICE
    // No guide speaks of rests between two looks at a word.
    if (run.op[cpu] !== RELAX) this.#take(cpu)
    // A plan ends with the step that leaves the guide.
    if (run.step === this.#plan.length - 1) this.#instead = cpu
    return cpu
  }

  #next(run: Execution, enabled: number, timed: number): number {
    if (this.#instead >= 0 && (((enabled & ~timed) >> this.#instead) & 1) !== 0) return this.#instead
    this.#instead = -1
    return this.#guided(run, enabled, timed)
  }

  #guided(run: Execution, enabled: number, timed: number): number {
    const now = (enabled & ~timed) === 0 ? enabled : enabled & ~timed
    for (let i = this.#from; i < this.#guide.length; i++)
      if (this.#done[i] === 0 && ((now >> this.#guide[i]!) & 1) !== 0) return this.#guide[i]!
    return defaultChoice(run.cpus, enabled, timed, run.last)
  }

  #take(cpu: number): void {
    let i = this.#from
    while (i < this.#guide.length && !(this.#done[i] === 0 && this.#guide[i] === cpu)) i++
    if (i < this.#guide.length) this.#done[i] = 1
    while (this.#done[this.#from] === 1) this.#from++
  }

  pick(run: Execution, n: number): number {
    const wish = this.#plan[run.step] ?? 0
    return wish < n ? wish : BAD_CHOICE
  }

  executed(): void {}
}

interface Start {
  readonly guide: Guide
  readonly plan: readonly number[]
}

/** Schedules that leave the execution that has just run in one step, behind its plan. */
function leaving({ rows, step }: Engine, { guide, plan }: Start): Start[] {
  const found: Start[] = []
  const who = Array.from({ length: step }, (_, d) => {
    const picks = (rows[d * ROW + T_ENABLED]! & CHOICE) !== 0
    return rows[d * ROW + (picks ? T_X : T_CPU)]!
  })
  for (let d = step - 1; d >= plan.length; d--) {
    for (let rest = rows[d * ROW + T_ENABLED]! & CPU_MASK & ~(1 << who[d]!); rest !== 0; rest &= rest - 1)
      found.push({ guide, plan: [...who.slice(0, d), 31 - Math.clz32(rest & -rest)] })
  }
  return found
}

/** Runs all of them. Returns what lies one step further. */
function* ring(engine: Engine, tally: Tally, starts: readonly Start[]): Running<Start[]> {
  const next: Start[] = []
  for (const start of starts) {
    tally.ran(engine, yield new NearPolicy(start.guide, start.plan))
    if (tally.spent()) return []
    next.push(...leaving(engine, start))
  }
  return next
}

/** Searches near the guides. */
export function* nearSearch(engine: Engine, options: Limits & { readonly near?: readonly Guide[] }): Search {
  const tally = new Tally(options)
  let starts: readonly Start[] = (options.near ?? []).map((guide) => ({ guide, plan: [] }))
  for (let far = 0; far <= FAR && starts.length > 0; far++) starts = yield* ring(engine, tally, starts)
  return tally.result('near', false)
}
