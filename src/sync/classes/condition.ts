/** Condition: condition.ts over any shared memory. */
import { bind, READ_ONCE } from '#access'
import { wrongType } from '../../base/arguments.ts'
import { CancelledError, DeadlockError } from '../../base/sync_error.ts'
import { condition_broadcast, condition_signal, condition_wait_under } from '../condition.ts'
import { deadline_in } from '../park.ts'
import { passed, type Way } from '../waiter.ts'
import { checkFunction, checkMs } from './arguments.ts'
import { checkOptions, waiterOf, waiting, type WaitOptions } from './asynchronous.ts'
import { ExclusiveLock } from './exclusive.ts'
import { notMine, where } from './misuse.ts'
import { SizedObject } from './shared.ts'
import { joinTold, tell } from './told.ts'

const TOLD = 2 // condition.words

/** What one can wait under: a Mutex, a ReentrantMutex that is held once, a RobustMutex. */
export type ConditionLock = ExclusiveLock<'mutex'> | ExclusiveLock<'robust_mutex'>

const WORDS = TOLD + 1

/**
 * Wait under a Mutex or a RobustMutex until somebody signals. A wait may end without a signal: waitUntil tests for you.
 *
 * Signals  are not remembered. Sent under the mutex, none is lost.
 * Zeroed   words are a condition that nobody waits for.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class Condition extends SizedObject<'condition'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Condition'

  /**
   * Gives the mutex back, waits for a signal, takes the mutex again. The mutex is in the same memory and held by this thread.
   * It may return without a signal: test in a loop, or take waitUntil. If a RobustMutex is taken again whose owner has ended, its
   * `repair` runs; where it cannot be taken again, this throws, and the thread does not hold it.
   */
  wait(lock: ConditionLock): void {
    this.#check('wait', lock)
    this.#wait('wait', lock, Infinity)
  }

  /** wait for at most `timeoutMs`. Returns false if the time was up; the mutex is held again either way. */
  waitFor(lock: ConditionLock, timeoutMs: number): boolean {
    this.#check('waitFor', lock)
    return this.#wait('waitFor', lock, timeoutMs)
  }

  /**
   * Waits until `predicate`, called under the mutex, is true.
   * @param timeoutMs longest wait; for ever if not given
   * @returns false if the time was up and the predicate still false
   */
  waitUntil(lock: ConditionLock, predicate: () => boolean, timeoutMs: number = Infinity): boolean {
    this.#check('waitUntil', lock)
    checkFunction(this, 'waitUntil', 'predicate', predicate)
    checkMs(this, 'waitUntil', timeoutMs)
    const end = performance.now() + timeoutMs
    while (!predicate()) {
      const left = end - performance.now()
      if (left <= 0) return false
      this.#wait('waitUntil', lock, left)
    }
    return true
  }

  /**
   * wait without blocking the thread. The mutex, taken by lockAsync or otherwise, is held again when it settles, also if it rejects
   * because of its options. It may resolve without a signal.
   */
  async waitAsync(lock: ConditionLock, options: WaitOptions = {}): Promise<void> {
    this.#check('waitAsync', lock)
    await this.#parted(lock, (way) => waiting(this, 'waitAsync', options, way))
  }

  /** waitUntil without blocking the thread. Rejects as its options say; the mutex is held either way. */
  async waitUntilAsync(
    lock: ConditionLock,
    predicate: () => boolean,
    options: WaitOptions = {},
  ): Promise<void> {
    this.#check('waitUntilAsync', lock)
    checkFunction(this, 'waitUntilAsync', 'predicate', predicate)
    checkOptions(this, 'waitUntilAsync', options)
    const [waiter, stop] = waiterOf(this, 'waitUntilAsync', options)
    try {
      while (!predicate()) await this.#parted(lock, (way) => passed(this.view, way, waiter))
    } finally {
      stop()
    }
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

  #check(method: string, lock: ConditionLock): void {
    if (!(lock instanceof ExclusiveLock)) {
      throw wrongType(where(this, method), 'lock', 'a Mutex or a RobustMutex', lock)
    }
    if (lock.view.buffer !== this.view.buffer) {
      throw new TypeError(`${where(this, method)}: the condition and its mutex must share one memory`)
    }
    if (!lock.isHeldByMe) throw notMine(this, method, lock.address, lock)
    if (lock.mine.depth > 0) {
      throw new DeadlockError(
        `${where(this, method)}: the mutex is held more than once, and would not be free during the wait`,
      )
    }
  }

  /** A guard of the mutex, which its unlock would make void, stays good over the wait. */
  #wait(method: string, lock: ConditionLock, timeoutMs: number): boolean {
    const { guard, byTask } = lock.mine
    const release = (): void => {
      lock.unlock()
      bind(this.view)
    }
    const acquire = (): void => {
      lock.lock()
      bind(this.view)
      Object.assign(lock.mine, { guard, byTask })
    }
    return this.timed(
      method,
      timeoutMs,
      (c, ns) => condition_wait_under(c, lock, release, acquire, deadline_in(ns)) === 0,
    )
  }

  /** Waits for a signal, during which the mutex is free. Another task of this thread may have it meanwhile, with a guard of its own. */
  async #parted(lock: ConditionLock, wait: (way: Way) => Promise<void>): Promise<void> {
    const { guard, byTask } = lock.mine
    const told = this.address + TOLD
    const seen = this.bound(() => joinTold(told))
    const attempt = (): number | undefined => (READ_ONCE(told) === seen ? seen : undefined)
    const waited = wait({ word: told, attempt })
    lock.unlock()
    try {
      await waited
    } finally {
      await again(lock)
      Object.assign(lock.mine, { guard, byTask })
    }
  }
}

/** Takes the mutex whatever becomes of its other waiters. */
async function again(lock: ConditionLock): Promise<void> {
  try {
    await lock.lockAsync()
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
    await again(lock)
  }
}
