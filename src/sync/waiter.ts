/**
 * waiter: one that waits without blocking its thread, and the loop in which it does.
 *
 * State    ended: no more attempts, it rejects with `reason`. nudge: lets it look again, whether it sleeps on a word, on its turn, or
 *          not at all. All of it is this thread's, so nothing changes between a test and the sleep after it.
 * Turns    of the waiters in one queue, which are of one thread and one object, only the first attempts, or those that share.
 *          One that is not the first any more gives up on the word, and goes on when its turn comes.
 */
import { bind, unbind } from '#access'
import { trace_async } from '#trace'

/** How to wait for one thing: steps that run with its memory bound. */
export interface Way {
  /** Whose change lets it look again; read after each attempt, which may choose it. */
  readonly word: number
  /** Returns undefined if it has what it waits for, otherwise what the word holds. */
  readonly attempt: () => number | undefined
  /** After attempts that failed, if there will be no more for now. */
  readonly giveUp?: (() => void) | undefined
  /** Sleeps until the change or a nudge, if that takes more than `asleep`. */
  readonly sleep?: ((waiter: Waiter, change: Promise<unknown>) => Promise<void>) | undefined
}

function nobody(): void {}

/** See the head of this file. */
export class Waiter {
  ended = false
  reason: unknown
  nudge: () => void = nobody
  /** Of one queue, the highest is the first. */
  readonly priority: number
  /** It need not be the first. */
  readonly shares: boolean

  constructor(priority: number = 0, shares: boolean = false) {
    this.priority = priority
    this.shares = shares
  }

  /** It waits no more. */
  end(reason: unknown): void {
    if (this.ended) return
    this.ended = true
    this.reason = reason
    this.nudge()
  }

  /** Until the change or a nudge. */
  async asleep(change?: Promise<unknown>): Promise<void> {
    await new Promise<unknown>((resolve) => {
      this.nudge = resolve as () => void
      void change?.then(resolve)
    })
  }
}

/** One attempt. */
export function tried(view: Int32Array, { attempt }: Way): number | undefined {
  bind(view)
  trace_async(true)
  try {
    return attempt()
  } finally {
    trace_async(false)
    unbind()
  }
}

/** Attempts it now and after every change of the word, until it succeeds. Rejects when the waiter is ended first. */
export async function passed(
  view: Int32Array,
  way: Way,
  waiter: Waiter,
  queue: readonly Waiter[] = [waiter],
): Promise<void> {
  for (let attempted = false; ;) {
    if (!waiter.ended && (waiter.shares || queue[0] === waiter)) {
      const seen = tried(view, way)
      if (seen === undefined) return
      attempted = true
      const wait = Atomics.waitAsync(view, way.word, seen)
      if (wait.async) await (way.sleep?.(waiter, wait.value) ?? waiter.asleep(wait.value))
      continue
    }
    if (attempted) {
      bind(view)
      way.giveUp?.()
      unbind()
      attempted = false
    }
    if (waiter.ended) throw waiter.reason
    await waiter.asleep()
  }
}
