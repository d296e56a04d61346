/**
 * The warm-up of a storm's machines, block after block of rounds, every machine in turn, until all are warm or the time is up.
 *
 * Order    A B C, A B C, as in the measured rounds: workers share their code between machines, and what one strategy makes the
 *          engine compile, another may make it throw away.
 */
import type { WarmUp } from '../../../results/storm.ts'
import { whyCold } from '../../steady.ts'

/** Rounds of a block. */
const BLOCK = 20

interface Lane {
  readonly blocks: number[][]
  rounds: number
  ms: number
}

/** Keeps account of it. */
export class WarmUps {
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #asked: number | null
  readonly #most: number
  readonly #limitMs: number
  /** From the first question on: machines have booted by then. */
  #until: number | undefined

  /**
   * @param asked rounds of each machine; null: as many as it takes, up to `most`
   * @param limitMs time for all of them together, where none are asked for
   */
  constructor(
    names: readonly string[],
    asked: number | null,
    { most, limitMs }: { most: number; limitMs: number },
  ) {
    this.#lanes = new Map(names.map((name) => [name, { blocks: [], rounds: 0, ms: 0 }]))
    this.#asked = asked
    this.#most = most
    this.#limitMs = limitMs
  }

  #lane(name: string): Lane {
    return this.#lanes.get(name) as Lane
  }

  /** Rounds that the machine should make next; 0 if it has made all. */
  next(name: string): number {
    const { rounds, blocks } = this.#lane(name)
    const asked = this.#asked
    this.#until ??= performance.now() + this.#limitMs
    if (asked !== null) return Math.min(BLOCK, asked - rounds)
    if (performance.now() > this.#until || rounds >= this.#most || whyCold(blocks) === null) return 0
    return BLOCK
  }

  /** The machine has made so many rounds in so much time; `times`: those of the rounds that compare. */
  made(name: string, rounds: number, ms: number, times: readonly number[]): void {
    const lane = this.#lane(name)
    lane.rounds += rounds
    lane.ms += ms
    lane.blocks.push([...times])
  }

  /** Why a machine is not known to be warm; null if it is. */
  whyCold(name: string): string | null {
    const { blocks, rounds } = this.#lane(name)
    return rounds === 0 ? 'no warm-up' : whyCold(blocks, rounds)
  }

  /** For the result. */
  results(): WarmUp[] {
    return Array.from(this.#lanes, ([strategy, { rounds, ms }]) => {
      return { strategy, rounds, ms, steady: this.whyCold(strategy) === null }
    })
  }
}
