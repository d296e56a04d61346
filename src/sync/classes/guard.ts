/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A guard gives back what one acquisition took: once, however often it is asked, and nothing that was taken later.
 */

/** Older engines have no Symbol.dispose; what compiles `using` for them looks for this one. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

/** What was taken, to be given back: `using guard = lock.hold()`, or `guard.release()`. */
export class Guard {
  #release: ((guard: Guard) => void) | undefined

  /** @param release gives it back, unless that has happened otherwise */
  constructor(release: (guard: Guard) => void) {
    this.#release = release
  }

  /** Gives it back. Does nothing the second time, or if it has been given back by hand. In the thread that took it. */
  release(): void {
    const release = this.#release
    this.#release = undefined
    release?.(this)
  }

  /** `release`, for `using`. */
  [dispose](): void {
    this.release()
  }
}
