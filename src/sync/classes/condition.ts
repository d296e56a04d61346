/** Condition: condition.ts over any shared memory. */
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import {
  condition,
  condition_broadcast,
  condition_signal,
  condition_wait,
  condition_wait_timeout,
} from '../condition.ts'
import type { Mutex } from './mutex.ts'
import { SharedObject, type Memory } from './shared.ts'

/** Wait under a Mutex until somebody signals. */
export class Condition extends SharedObject<'condition'> {
  /** Size in 32-bit words. */
  static readonly WORDS = condition.words

  /** The condition at a word of the memory; zeroed words are one that nobody waits for. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Condition.WORDS)
  }

  /** Gives the mutex back, waits for a signal, takes the mutex again. The mutex is in the same memory. Test in a loop. */
  wait(lock: Mutex): void {
    this.#sameMemory(lock)
    this.bound((c) => {
      condition_wait(c, lock.address)
    })
  }

  /** wait for at most `timeoutMs`. Returns false if the time was up; the mutex is held again either way. */
  waitFor(lock: Mutex, timeoutMs: number): boolean {
    this.#sameMemory(lock)
    return this.bound((c) => condition_wait_timeout(c, lock.address, timeoutMs * NSEC_PER_MSEC) === 0)
  }

  /** Wakes one waiter. */
  signal(): void {
    this.bound(condition_signal)
  }

  /** Wakes all waiters. */
  broadcast(): void {
    this.bound(condition_broadcast)
  }

  #sameMemory(lock: Mutex): void {
    if (lock.view !== this.view) throw new TypeError('a condition and its mutex must share one memory')
  }
}
