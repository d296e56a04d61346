/**
 * Turns: the asynchronous waiters of this thread for one place, by priority and then in the order in which they came. Only the first
 * of them competes with other threads; one with a higher priority that comes later takes its place.
 */

/** Why the wait of one ends that is no longer the first. */
const DISPLACED = new Error('displaced')

interface Waiter {
  readonly priority: number
  readonly controller: AbortController
  /** Lets it look whether it is the first. */
  wake(): void
  /** Ends its attempt. */
  displace(): void
}

/** See the head of this file. */
export class Turns {
  readonly #waiters: Waiter[] = []

  /** Ends all waits with that reason. They leave when they hear of it, which is later. */
  cancel(reason: unknown): void {
    for (const { controller } of this.#waiters) controller.abort(reason)
  }

  /**
   * Runs `start` when it is this waiter's turn, again after it was displaced.
   * @internal its types need a DOM's or Node's
   * @param controller ends the wait
   */
  async take<T>(
    priority: number,
    controller: AbortController,
    start: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const waiters = this.#waiters
    const { signal } = controller
    const waiter: Waiter = { priority, controller, wake() {}, displace() {} }
    const behind = waiters.findIndex((other) => other.priority < priority)
    waiters.splice(behind < 0 ? waiters.length : behind, 0, waiter)
    if (behind === 0) waiters[1]?.displace()
    try {
      for (;;) {
        signal.throwIfAborted()
        if (waiters[0] === waiter) {
          const attempt = await attempted(waiter, signal, start)
          if (attempt !== DISPLACED) return attempt as T
        } else await woken(waiter, signal)
      }
    } finally {
      waiters.splice(waiters.indexOf(waiter), 1)
      waiters[0]?.wake()
    }
  }
}

/** What `start` came to, or DISPLACED. */
async function attempted<T>(
  waiter: Waiter,
  signal: AbortSignal,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T | typeof DISPLACED> {
  const attempt = new AbortController()
  const stop = (): void => {
    attempt.abort(signal.reason)
  }
  waiter.displace = () => {
    attempt.abort(DISPLACED)
  }
  signal.addEventListener('abort', stop)
  try {
    return await start(attempt.signal)
  } catch (error) {
    if (error === DISPLACED && !signal.aborted) return DISPLACED
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function woken(waiter: Waiter, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    waiter.wake = resolve
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
