/** Condition: condition.ts over any shared memory. */
import { bind, READ_ONCE, unbind } from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { DeadlockError } from '../../base/sync_error.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { mutex_lock_async } from '../async.ts'
import {
  condition,
  condition_broadcast,
  condition_signal,
  condition_wait,
  condition_wait_timeout,
} from '../condition.ts'
import { mutex_unlock } from '../mutex.ts'
import { checkFunction, checkMs, wrongType } from './arguments.ts'
import { untilTold, waiting, type WaitOptions } from './asynchronous.ts'
import { joinTold, tell } from './told.ts'
import { Mutex } from './mutex.ts'
import { SharedObject, type Memory } from './shared.ts'

const condition_object = struct('condition_object', {
  condition: embed(condition),
  told: word,
})
const TOLD = condition_object.offset.told

/**
 * Wait under a Mutex until somebody signals. A wait may end without a signal: waitUntil tests for you.
 *
 * Signals  are not remembered. Sent under the mutex, none is lost.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class Condition extends SharedObject<'condition'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = condition_object.words

  /** The condition at a word of the memory; zeroed words are one that nobody waits for. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Condition.WORDS)
  }

  /**
   * Gives the mutex back, waits for a signal, takes the mutex again. The mutex is in the same memory and held by this thread.
   * It may return without a signal: test in a loop, or take waitUntil.
   */
  wait(lock: Mutex): void {
    this.#check('wait', lock)
    this.blocking('wait', 'waitAsync', (c) => {
      condition_wait(c, lock.address)
    })
  }

  /** wait for at most `timeoutMs`. Returns false if the time was up; the mutex is held again either way. */
  waitFor(lock: Mutex, timeoutMs: number): boolean {
    this.#check('waitFor', lock)
    checkMs(this.where('waitFor'), timeoutMs)
    const timeoutNs = timeoutMs * NSEC_PER_MSEC
    return this.blocking(
      'waitFor',
      'waitAsync',
      (c) => condition_wait_timeout(c, lock.address, timeoutNs) === 0,
    )
  }

  /**
   * Waits until `predicate`, called under the mutex, is true.
   * @param timeoutMs longest wait; for ever if not given
   * @returns false if the time was up and the predicate still false
   */
  waitUntil(lock: Mutex, predicate: () => boolean, timeoutMs: number = Infinity): boolean {
    this.#check('waitUntil', lock)
    checkFunction(this.where('waitUntil'), 'predicate', predicate)
    checkMs(this.where('waitUntil'), timeoutMs)
    const end = performance.now() + timeoutMs
    for (;;) {
      if (predicate()) return true
      if (timeoutMs === Infinity) this.wait(lock)
      else {
        const left = end - performance.now()
        if (left <= 0) return false
        this.waitFor(lock, left)
      }
    }
  }

  /**
   * wait without blocking the thread. The mutex, taken by lockAsync or otherwise, is held again when it settles, also if it rejects
   * because of its options. It may resolve without a signal.
   */
  async waitAsync(lock: Mutex, options: WaitOptions = {}): Promise<void> {
    this.#check('waitAsync', lock)
    await this.#waitAsync('waitAsync', lock, options)
  }

  /** waitUntil without blocking the thread. Rejects as its options say; the mutex is held either way. */
  async waitUntilAsync(lock: Mutex, predicate: () => boolean, options: WaitOptions = {}): Promise<void> {
    this.#check('waitUntilAsync', lock)
    checkFunction(this.where('waitUntilAsync'), 'predicate', predicate)
    await waiting(this.where('waitUntilAsync'), options, async (signal) => {
      while (!predicate()) await this.#waitAsync('waitUntilAsync', lock, { signal })
    })
  }

  /** Wakes one waiter; those that wait asynchronously all look. */
  signal(): void {
    this.bound((c) => {
      condition_signal(c)
      tell(c + TOLD)
    })
  }

  /** Wakes all waiters. */
  broadcast(): void {
    this.bound((c) => {
      condition_broadcast(c)
      tell(c + TOLD)
    })
  }

  protected get name(): string {
    return 'Condition'
  }

  #check(method: string, lock: Mutex): void {
    const where = this.where(method)
    if (!(lock instanceof Mutex)) throw wrongType(where, 'lock', 'a Mutex', lock)
    if (lock.view.buffer !== this.view.buffer) {
      throw new TypeError(`${where}: the condition and its mutex must share one memory`)
    }
    if (!lock.isHeldByMe) throw this.notMine(method, lock.address, lock)
    if (Mutex.holding(lock).depth > 0) {
      throw new DeadlockError(
        `${where}: the mutex is held more than once, and would not be free during the wait`,
      )
    }
  }

  /** The mutex is given back by its function, not its class: a guard stays good over the wait. */
  async #waitAsync(method: string, lock: Mutex, options: WaitOptions): Promise<void> {
    const told = this.address + TOLD
    // Another task of this thread may hold the mutex meanwhile, with a guard of its own.
    const mine = Mutex.holding(lock)
    const { guard } = mine
    await waiting(this.where(method), options, async (signal) => {
      bind(this.view)
      const seen = joinTold(told)
      mutex_unlock(lock.address)
      unbind()
      try {
        await untilTold(this.view, told, () => READ_ONCE(told) !== seen, signal)
      } finally {
        await mutex_lock_async(lock.view, lock.address)
        mine.guard = guard
      }
    })
  }
}
