/**
 * What the token torture needs of a primitive that counts, and how it comes from a member of sync.
 */
import { NSEC_PER_USEC } from '../../base/constants.ts'
import type { Tokens } from '../../sync/members/shapes.ts'
import { notAtRest } from '../../sync/members/rest.ts'
import { clear_signal } from '../../sync/park.ts'
import type { TortureTask } from '../task.ts'

/** A counter of tokens to torture. */
export interface TokenOps {
  readonly name: string
  readonly summary: string
  readonly busted?: string
  readonly words: number
  /** Boot CPU. A counter with `n` tokens. */
  init(counter: number, n: number, name: string): void
  /** Takes a token, sleeping if need be; returns false if it gave up, by time or because there was none. */
  take(counter: number, task: TortureTask): boolean
  /** Gives a token. */
  put(counter: number): void
  /** Tokens there; exact at rest. */
  count(counter: number): number
  /** Sleeps are ended by signals too: a further task sends them. */
  readonly signals?: boolean
  /** All tasks have ended: '' or what of it is not at rest. */
  notAtRest?(counter: number): string
}

const PATIENCE_NS = 200 * NSEC_PER_USEC

/** Longest wait of one try. */
function patience(task: TortureTask): number {
  return 20 * NSEC_PER_USEC + task.rng.below(PATIENCE_NS)
}

/** Each of its ways now and then, the one that waits for good mostly. */
export function tokenOps(of: Tokens): TokenOps {
  const { tryTake, takeFor, takeInterruptible, takeExclusive, takeExclusiveInterruptible, take } = of
  const hears = [takeInterruptible, takeExclusiveInterruptible].filter((way) => way !== undefined)
  const rare: ((at: number, task: TortureTask) => boolean)[] = [
    ...(tryTake === undefined ? [] : [tryTake]),
    ...(takeFor === undefined ? [] : [(at: number, task: TortureTask) => takeFor(at, patience(task))]),
    ...hears.map((way) => (at: number) => {
      const got = way(at)
      if (!got) clear_signal()
      return got
    }),
    ...(takeExclusive === undefined ? [] : [(at: number) => (take(at), true)]),
  ]
  const often = takeExclusive ?? take
  return {
    name: of.name,
    summary: of.summary,
    words: of.words,
    ...(hears.length > 0 && { signals: true }),
    init: of.init,
    put: of.put,
    count: of.count,
    notAtRest: (at) => notAtRest(of.layout, at),
    take(at, task) {
      const way = rare[task.rng.below(8)]
      if (way !== undefined) return way(at, task)
      often(at)
      return true
    },
  }
}
