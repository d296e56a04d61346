/** Latch: latch.ts over any shared memory. */
import { checkInteger } from '../../base/arguments.ts'
import { INT_MAX } from '../../base/constants.ts'
import {
  count_down,
  latch_async_try,
  latch_count,
  latch_init,
  latch_wait,
  latch_wait_timeout,
} from '../latch.ts'
import { waiting, type WaitOptions } from './asynchronous.ts'
import { madeBy, type Kind, type MadeKind } from './kind.ts'
import { where } from './misuse.ts'
import { SizedObject, type Memory } from './shared.ts'

const WORDS = 1 // latch.words

/**
 * A count that goes down to 0 and then stays open.
 *
 * Zeroed   words are a latch that is open.
 * Freed    by the last one that waits for it, as soon as it has passed: who counts down looks at nothing afterwards.
 */
export class Latch extends SizedObject<'latch'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Latch'

  /** Makes a latch that opens after `count`, 0 to 2^31 - 1. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, count: number): Latch {
    return kindOf('Latch.init', count).init(memory, address)
  }

  /** For layout: a latch of that count. */
  static of(count: number): Kind<Latch> {
    return kindOf('Latch.of', count)
  }

  /** Counts down by `n`; the last one lets all go. Throws a RangeError, and does nothing, if fewer are to go. */
  countDown(n: number = 1): void {
    checkInteger(where(this, 'countDown'), 'n', n, 1, INT_MAX)
    if (!this.bound((l) => count_down(l, n))) {
      throw new RangeError(`${where(this, 'countDown')}: n must be at most what is to go, not ${n}`)
    }
  }

  /** Counts down by one and waits until it is open. */
  arriveAndWait(): void {
    this.countDown()
    this.wait()
  }

  /** Waits until it is open. */
  wait(): void {
    this.blocking('wait', latch_wait)
  }

  /** Waits at most `timeoutMs`. Returns true if it is open. */
  waitFor(timeoutMs: number): boolean {
    if (timeoutMs === 0) return this.tryWait()
    return this.timed('waitFor', timeoutMs, latch_wait_timeout) === 0
  }

  /** True if it is open. */
  tryWait(): boolean {
    return this.count === 0
  }

  /** What is to go at this moment: a hint, but for 0. */
  get count(): number {
    return this.bound(latch_count)
  }

  /** Waits until it is open without blocking the thread. */
  waitAsync(options: WaitOptions = {}): Promise<void> {
    const attempt = (): number | undefined => latch_async_try(this.address) || undefined
    return waiting(this, 'waitAsync', options, { word: this.address, attempt })
  }
}

function kindOf(caller: string, count: number): MadeKind<Latch> {
  checkInteger(caller, 'count', count, 0, INT_MAX)
  return madeBy(Latch, WORDS, (l) => {
    latch_init(l, count)
  })
}
