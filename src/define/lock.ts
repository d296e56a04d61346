/**
 * A lock of the user's own: functions over a plain Int32Array, which is a view of a SharedArrayBuffer. It needs nothing of ours.
 *
 * Rules   the state of the lock lies in the first `words` words of the view, all 0 at first. The view may be longer: what lies
 *         behind is not the lock's, and a write there is a finding. Threads are small numbers, each its own. A loop that polls
 *         calls Atomics.pause where there is one, without which the explorer cannot tell waiting from running.
 */

/** See the head of this file. */
export interface Lock {
  readonly name: string
  /** Words of 32 bits that the lock takes. */
  readonly words: number
  /** Brings the words into their first state. Runs once, alone. */
  readonly init?: (view: Int32Array) => void
  /** Returns once this thread has the lock. It may block with Atomics.wait. */
  readonly lock: (view: Int32Array, thread: number) => void
  readonly unlock: (view: Int32Array, thread: number) => void
  /** True if it has taken the lock. Never waits. */
  readonly tryLock?: (view: Int32Array, thread: number) => boolean
  /** True if it has taken the lock within so many milliseconds. */
  readonly lockFor?: (view: Int32Array, thread: number, ms: number) => boolean
  /** Takes it beside others who share it, and against those who do not. */
  readonly lockShared?: (view: Int32Array, thread: number) => void
  readonly unlockShared?: (view: Int32Array, thread: number) => void
  /** Whoever has the lock may take it once more, and gives it back as often; false if not given. */
  readonly recursive?: boolean
}
