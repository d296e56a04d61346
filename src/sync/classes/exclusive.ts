/**
 * What locks with one owner have in common: a guard for `using`, and running a function under the lock.
 */
import { SharedObject } from './shared.ts'

/** An exclusive lock. */
export abstract class ExclusiveLock<S extends string> extends SharedObject<S> {
  /** One guard per object, not one per lock: it allocates nothing, and unlock checks the owner. */
  readonly #guard: Disposable = {
    [Symbol.dispose]: () => {
      this.unlock()
    },
  }

  /** Takes the lock; blocks the thread until it can. Throws a DeadlockError if this thread holds it already. */
  abstract lock(): void
  /** Takes the lock if it is free. Returns true if it was. */
  abstract tryLock(): boolean
  /** Gives the lock back. Throws an Oops if this thread does not hold it. */
  abstract unlock(): void

  /** Takes the lock and returns the guard that gives it back: `using _ = lock.hold()`. */
  hold(): Disposable {
    this.lock()
    return this.#guard
  }

  /** Runs `fn` under the lock and returns what it returns. Not for asynchronous functions: the lock is back before they end. */
  run<T>(fn: () => T): T {
    this.lock()
    try {
      return fn()
    } finally {
      this.unlock()
    }
  }

  /** The guard, for subclasses with other ways to lock. */
  protected guard(): Disposable {
    return this.#guard
  }
}
