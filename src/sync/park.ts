/**
 * Sleeping and being woken early: what every slow path shares.
 *
 * A sleep is a futex wait on a word whose value carries the condition, so a wake-up between test and sleep shows as a
 * mismatch. Sleeps may end without reason; every caller tests its condition again.
 *
 * Signals   task_struct.signal is 1 while a signal is pending: `mutex_lock_interruptible` and its kin return -EINTR.
 *           An interruptible sleeper publishes the word it sleeps on, tests the flag, then sleeps; send_signal sets the
 *           flag and wakes that word until it is no longer published. Whichever comes first, one of them sees the other.
 * Context   may sleep. In a memory without tasks nothing is published and no signal is ever pending.
 * Source    kernel/signal.c (signal_wake_up), set_current_state's store-then-test.
 */
import {
  current_task,
  FUTEX_MISMATCH,
  FUTEX_TIMEDOUT,
  FUTEX_WOKEN,
  futex_wait,
  futex_wake,
  ktime_get_ns,
  READ_ONCE,
  WRITE_ONCE,
} from '#access'
import { SIGNAL, task_of, WAIT_NODE } from '../mem/task.ts'

export { FUTEX_MISMATCH, FUTEX_TIMEDOUT, FUTEX_WOKEN }

/** Wakes every sleeper of a word. */
export const ALL = 0x7fff_ffff
/** No deadline. */
export const NEVER = Infinity

/** First word of wait_node: the word this task sleeps on and may be woken from by a signal; 0 none. */
const INTR_WORD = WAIT_NODE
/** Pause between two tries of send_signal to reach a task that is just falling asleep. */
const RETRY_NS = 50_000

/** Instant that lies `timeoutNs` ahead, for park. */
export function deadline_in(timeoutNs: number): number {
  return timeoutNs === NEVER ? NEVER : ktime_get_ns() + timeoutNs
}

/** How a sleep that signals end differs from one that they do not: see `signals`. */
export interface Signals {
  readonly pending: () => boolean
  readonly wait: (word: number, seen: number, timeoutNs: number) => number
}

/**
 * Sleeps while `word` holds `seen`, until woken.
 * @param deadline instant in ns as deadline_in gives it
 * @param by `signals`: end at once when one is pending; the caller asks `pending` afterwards
 * @returns FUTEX_WOKEN, FUTEX_MISMATCH or FUTEX_TIMEDOUT
 */
export function park(word: number, seen: number, deadline: number, by?: Signals): number {
  const left = deadline === NEVER ? NEVER : deadline - ktime_get_ns()
  return left <= 0 ? FUTEX_TIMEDOUT : (by?.wait ?? futex_wait)(word, seen, left)
}

/** What ends an interruptible sleep. An object, so that a program without such sleeps has nothing of it. */
export const signals: Signals = { pending: signal_pending, wait: wait_interruptible }

function wait_interruptible(word: number, seen: number, timeoutNs: number): number {
  const task = current_task()
  if (task === 0) return futex_wait(word, seen, timeoutNs)
  // order: publish, then test the flag; pairs with send_signal, which sets the flag, then reads the word.
  WRITE_ONCE(task + INTR_WORD, word)
  const result = READ_ONCE(task + SIGNAL) === 0 ? futex_wait(word, seen, timeoutNs) : FUTEX_MISMATCH
  WRITE_ONCE(task + INTR_WORD, 0)
  return result
}

/** True if the running task has been sent a signal and has not cleared it. */
export function signal_pending(): boolean {
  const task = current_task()
  return task !== 0 && READ_ONCE(task + SIGNAL) !== 0
}

/** Takes the pending signal away from the running task; it may sleep interruptibly again. */
export function clear_signal(): void {
  const task = current_task()
  if (task !== 0) WRITE_ONCE(task + SIGNAL, 0)
}

/**
 * Sends a signal to the task of a CPU: an interruptible sleep of it ends, now or when it next begins, with -EINTR.
 * Returns when the task is awake. Other sleepers of the same word wake too, find nothing changed and sleep on.
 */
export function send_signal(cpu: number): void {
  const task = task_of(cpu)
  WRITE_ONCE(task + SIGNAL, 1)
  for (;;) {
    const word = READ_ONCE(task + INTR_WORD)
    if (word === 0) return
    futex_wake(word, ALL)
    // It may have published the word and not fallen asleep yet.
    futex_wait(task + INTR_WORD, word, RETRY_NS)
  }
}
