/**
 * The warm-up of a storm's machines, a few rounds of every machine in turn, until all are warm or the time is up.
 *
 * Order    A B C, A B C, as in the measured rounds: workers share their code between machines, and what one strategy makes the
 *          engine compile, another may make it throw away.
 * Block    as many rounds as it takes for each CPU to do so many operations: with more CPUs each does fewer in a round, and the
 *          engine compiles by how often code ran. Blocks compare: they have the same rounds under the same vendor costs.
 */
import type { StormPlan, WarmUp } from '../../../results/storm.ts'
import { whyCold } from '../../steady.ts'
import { warmUpCosts } from './vendor.ts'

/** Operations that a CPU does in a block, at least. */
const BLOCK_OPERATIONS = 320
/** Rounds that a machine makes in its turn, at most: between turns a run can be ended, and where the time is short each has its share. */
const MOST_IN_TURN = 10
/** Blocks of a machine, where as many are made as it takes. */
const MOST_BLOCKS = 40

/** Rounds of a block of this plan. */
function blockOf({ parents, devices, vendors }: StormPlan, cpus: number): number {
  const each = Math.max(1, (2 * parents * devices) / cpus)
  const cycle = warmUpCosts(vendors).length
  return cycle * Math.ceil(BLOCK_OPERATIONS / each / cycle)
}

interface Lane {
  /** CPU time of a round in each whole block. */
  readonly cpuMs: number[]
  /** Of the turns of the block that has begun. */
  readonly begun: number[]
  rounds: number
  ms: number
}

/** Keeps account of it. */
export class WarmUps {
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #asked: number | null
  readonly #turn: number
  readonly #turns: number
  readonly #limitMs: number
  /** From the first question on: machines have booted by then. */
  #until: number | undefined

  /**
   * @param cpus of each machine
   * @param limitMs time for all of them together, where the plan asks for as many rounds as it takes
   */
  constructor(names: readonly string[], plan: StormPlan, cpus: number, limitMs: number) {
    this.#lanes = new Map(names.map((name) => [name, { cpuMs: [], begun: [], rounds: 0, ms: 0 }]))
    this.#asked = plan.warmup
    const block = blockOf(plan, cpus)
    this.#turns = Math.ceil(block / MOST_IN_TURN)
    this.#turn = Math.ceil(block / this.#turns)
    this.#limitMs = limitMs
  }

  #lane(name: string): Lane {
    return this.#lanes.get(name) as Lane
  }

  /**
   * Rounds that the machine should make next; 0 if it has made all.
   * @param pass how often all have had their turn
   */
  next(name: string, pass: number): number {
    const { rounds, cpuMs } = this.#lane(name)
    this.#until ??= performance.now() + this.#limitMs
    if (this.#asked !== null) return Math.min(this.#turn, this.#asked - rounds)
    // Nobody is measured cold beside one that is warm: each has a turn, however late it is.
    const isLate = pass > 0 && performance.now() > this.#until
    if (isLate || cpuMs.length >= MOST_BLOCKS || whyCold(cpuMs, rounds) === null) return 0
    return this.#turn
  }

  /** The machine has made so many rounds in so much time, and needed so much CPU time for each. Milliseconds. */
  made(name: string, rounds: number, ms: number, cpuMs: number): void {
    const lane = this.#lane(name)
    lane.rounds += rounds
    lane.ms += ms
    if (rounds < this.#turn || lane.begun.push(cpuMs) < this.#turns) return
    lane.cpuMs.push(lane.begun.reduce((sum, one) => sum + one, 0) / this.#turns)
    lane.begun.length = 0
  }

  /** Why a machine is not known to be warm; null if it is. */
  whyCold(name: string): string | null {
    const { cpuMs, rounds } = this.#lane(name)
    return rounds === 0 ? 'no warm-up' : whyCold(cpuMs, rounds)
  }

  /** For the result. */
  results(): WarmUp[] {
    return Array.from(this.#lanes, ([strategy, { rounds, ms, cpuMs }]) => {
      return { strategy, rounds, ms, steady: this.whyCold(strategy) === null, cpuMs }
    })
  }
}
