/** Barrier: barrier.ts over any shared memory. */
import { read, READ_ONCE } from '#access'
import { checkInteger } from '../../base/arguments.ts'
import {
  barrier_arrive,
  barrier_init,
  barrier_wait,
  barrier_wait_timeout,
  barrier_withdraw,
  MAX_PARTIES,
} from '../barrier.ts'
import { waiting, type WaitOptions } from './asynchronous.ts'
import { madeBy, type Kind, type MadeKind } from './kind.ts'
import { uninitialized } from './misuse.ts'
import { SizedObject, type Memory } from './shared.ts'

const PARTIES = 2 // barrier.parties

const WORDS = 3 // barrier.words

/**
 * All of `parties` threads meet, as often as they like.
 *
 * Zeroed   words are none: `init` makes it.
 * Ends     a party that gives up has not arrived, and the others go on waiting: no round breaks.
 * Freed    when every call on it has returned, in all threads.
 */
export class Barrier extends SizedObject<'barrier'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Barrier'

  /** Makes a barrier for that many parties, 1 to 65,535. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, parties: number): Barrier {
    return kindOf('Barrier.init', parties).init(memory, address)
  }

  /** For layout: a barrier for that many parties. */
  static of(parties: number): Kind<Barrier> {
    return kindOf('Barrier.of', parties)
  }

  /** Waits until all parties are here. Returns true to one of them. */
  wait(): boolean {
    this.#check('wait')
    return this.blocking('wait', barrier_wait)
  }

  /**
   * Waits at most `timeoutMs`. Returns true if all parties met; false if the time was up: then this party has not arrived, and the
   * others go on waiting for it. A caller that must know who was last takes `wait`.
   */
  waitFor(timeoutMs: number): boolean {
    this.#check('waitFor')
    return this.timed('waitFor', timeoutMs, barrier_wait_timeout) === 0
  }

  /**
   * Waits until all parties are here without blocking the thread. Resolves to true for one of them. If it rejects, this party has
   * not arrived.
   */
  async waitAsync(options: WaitOptions = {}): Promise<boolean> {
    this.#check('waitAsync')
    let round: number | undefined
    let last = false
    // It arrives at the first attempt, once the options have been looked at.
    const attempt = (): number | undefined => {
      if (round === undefined) {
        round = READ_ONCE(this.address)
        last = barrier_arrive(this.address)
      }
      return last ? undefined : READ_ONCE(this.address) === round ? round : undefined
    }
    try {
      await waiting(this, 'waitAsync', options, { word: this.address, attempt })
    } catch (error) {
      if (round === undefined || this.bound((b) => barrier_withdraw(b, round as number))) throw error
    }
    return last
  }

  #check(method: string): void {
    if (this.bound((b) => read(b + PARTIES)) === 0) throw uninitialized(this, method)
  }
}

function kindOf(caller: string, parties: number): MadeKind<Barrier> {
  checkInteger(caller, 'parties', parties, 1, MAX_PARTIES)
  return madeBy(Barrier, WORDS, (b) => {
    barrier_init(b, parties)
  })
}
