/**
 * What the token torture needs of a primitive that counts: completion, semaphore, wait queue.
 */
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
}
