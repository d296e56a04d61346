/** Mutex: mutex.ts over any shared memory. */
import { bind, unbind } from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { mutex_lock_async } from '../async.ts'
import {
  mutex,
  mutex_is_locked,
  mutex_lock,
  mutex_lock_timeout,
  mutex_trylock,
  mutex_unlock,
} from '../mutex.ts'
import { ExclusiveLock } from './exclusive.ts'
import type { Memory } from './shared.ts'

/** One owner at a time; waiters sleep. */
export class Mutex extends ExclusiveLock<'mutex'> {
  /** Size in 32-bit words. */
  static readonly WORDS = mutex.words

  /** The mutex at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Mutex.WORDS)
  }

  lock(): void {
    bind(this.view)
    mutex_lock(this.address)
    unbind()
  }

  tryLock(): boolean {
    bind(this.view)
    const got = mutex_trylock(this.address)
    unbind()
    return got
  }

  /** Takes the lock within `timeoutMs`. Returns true if it did. */
  lockFor(timeoutMs: number): boolean {
    return this.bound((lock) => mutex_lock_timeout(lock, timeoutMs * NSEC_PER_MSEC) === 0)
  }

  unlock(): void {
    bind(this.view)
    mutex_unlock(this.address)
    unbind()
  }

  /** True if somebody holds it at this moment: a hint. */
  get locked(): boolean {
    return this.bound(mutex_is_locked)
  }

  /** Takes the lock without blocking the thread; resolves to the guard. Give it back in the same thread. */
  async lockAsync(options: { readonly signal?: AbortSignal } = {}): Promise<Disposable> {
    await mutex_lock_async(this.view, this.address, options.signal)
    return this.guard()
  }
}
