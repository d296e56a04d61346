/** Completion: completion.ts over any shared memory. */
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { wait_for_completion_async } from '../async.ts'
import {
  complete,
  complete_all,
  completion,
  completion_done,
  reinit_completion,
  try_wait_for_completion,
  wait_for_completion,
  wait_for_completion_timeout,
} from '../completion.ts'
import { SharedObject, type Memory } from './shared.ts'

/** "It is done", for one waiter or for all. */
export class Completion extends SharedObject<'completion'> {
  /** Size in 32-bit words. */
  static readonly WORDS = completion.words

  /** The completion at a word of the memory; zeroed words are one that is not done. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Completion.WORDS)
  }

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
    this.bound(wait_for_completion)
  }

  /** Waits at most `timeoutMs`. Returns true if it is done. */
  waitFor(timeoutMs: number): boolean {
    return this.bound((x) => wait_for_completion_timeout(x, timeoutMs * NSEC_PER_MSEC) > 0)
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
  waitAsync(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return wait_for_completion_async(this.view, this.address, options.signal)
  }
}
