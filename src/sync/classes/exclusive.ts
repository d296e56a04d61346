/**
 * What locks with one owner have in common: guards, and running a function under the lock.
 */
import type { NoPromise } from './arguments.ts'
import { cancelAll, type TurnOptions } from './asynchronous.ts'
import { Guard } from './guard.ts'
import { running, runningAsync } from './running.ts'
import { SizedObject } from './shared.ts'
import { owned_by_me } from '../owner_word.ts'

/** An exclusive lock. */
export abstract class ExclusiveLock<S extends string> extends SizedObject<S> {
  readonly #giveBack = (guard: Guard): void => {
    if (this.mine.guard === guard) this.unlock()
  }

  /** Takes the lock; blocks the thread until it can. Throws a DeadlockError if this thread holds it already. */
  abstract lock(): void
  /** Takes the lock if it is free. Returns true if it was. */
  abstract tryLock(): boolean
  /** Takes the lock within `timeoutMs`; 0 tries. Returns true if it did. With Infinity it throws a DeadlockError as `lock` does. */
  abstract lockFor(timeoutMs: number): boolean
  /** Gives the lock back. Throws an OwnershipError if this thread does not hold it. */
  abstract unlock(): void
  /** True if this thread holds it: exact, since only the thread itself could change that. */
  get isHeldByMe(): boolean {
    return this.bound(owned_by_me)
  }

  /** Takes the lock without blocking the thread. */
  protected abstract take(method: string, options: TurnOptions): Promise<void>

  /**
   * Takes the lock without blocking the thread; resolves to the guard. Give it back in the same thread. It may be held by
   * another task of this thread: then it waits until that one gives it back.
   */
  lockAsync(options: TurnOptions = {}): Promise<Guard> {
    return this.#taken('lockAsync', options)
  }

  /** Takes the lock and returns the guard that gives it back: `using _ = lock.hold()`. */
  hold(): Guard {
    this.lock()
    return this.guarded()
  }

  /** hold if the lock is free, otherwise undefined. */
  tryHold(): Guard | undefined {
    return this.tryLock() ? this.guarded() : undefined
  }

  /** hold within `timeoutMs`, otherwise undefined. */
  holdFor(timeoutMs: number): Guard | undefined {
    return this.lockFor(timeoutMs) ? this.guarded() : undefined
  }

  /** Runs `fn` under the lock and returns what it returns. A function that returns a promise is refused: runAsync takes it. */
  run<T>(fn: () => T, ...hint: NoPromise<T>): T
  run<T>(fn: () => T): T {
    return running(this, 'run', 'lock', 'unlock', fn)
  }

  /** Takes the lock without blocking the thread, and holds it until what `fn` returns is settled. */
  runAsync<T>(fn: () => T | PromiseLike<T>, options: TurnOptions = {}): Promise<T> {
    return runningAsync(this, 'runAsync', fn, () => this.#taken('runAsync', options))
  }

  /** Ends the asynchronous waits of this thread for the lock: they reject with a CancelledError. Who holds it goes on. */
  cancel(): void {
    cancelAll(this)
  }

  /** The guard of an acquisition that has just begun. */
  protected guarded(): Guard {
    return (this.mine.guard = new Guard(this.#giveBack))
  }

  async #taken(method: string, options: TurnOptions): Promise<Guard> {
    await this.take(method, options)
    return this.guarded()
  }
}
