/** Completion: completion.ts over any shared memory. */
import { completion_way } from '../async.ts'
import {
  complete,
  complete_all,
  completion_done,
  reinit_completion,
  try_wait_for_completion,
  wait_for_completion_timeout,
} from '../completion.ts'
import { waiting, type WaitOptions } from './asynchronous.ts'
import { SizedObject } from './shared.ts'

const WORDS = 1 // completion.words

/**
 * "It is done", for one waiter or for all. `complete` is remembered until somebody has passed.
 *
 * Limits   1,048,575 that nobody has passed yet; 1,023 threads that sleep at a time, and the next gets a RangeError.
 * Zeroed   words are a completion that is not done.
 * Freed    by the last one that waits for it, as soon as it has passed: who completes it looks at nothing afterwards.
 */
export class Completion extends SizedObject<'completion'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Completion'

  /** Lets one waiter pass, now or later. */
  complete(): void {
    this.bound(complete)
  }

  /** Lets everybody pass until `reset`. */
  completeAll(): void {
    this.bound(complete_all)
  }

  /** Waits until it is done. */
  wait(): void {
    this.timed('wait', Infinity, wait_for_completion_timeout)
  }

  /** Waits at most `timeoutMs`. Returns true if it is done. */
  waitFor(timeoutMs: number): boolean {
    if (timeoutMs === 0) return this.tryWait()
    return this.timed('waitFor', timeoutMs, wait_for_completion_timeout) > 0
  }

  /** Passes if it is done. Returns true if it was. */
  tryWait(): boolean {
    return this.bound(try_wait_for_completion)
  }

  /** True if a waiter would pass now: a hint. */
  get done(): boolean {
    return this.bound(completion_done)
  }

  /** Not done again. Nobody may be waiting. */
  reset(): void {
    this.bound(reinit_completion)
  }

  /** Waits until it is done without blocking the thread. */
  waitAsync(options: WaitOptions = {}): Promise<void> {
    return waiting(this, 'waitAsync', options, completion_way(this.address), () => {
      this.complete()
    })
  }
}
