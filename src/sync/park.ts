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
  has_tasks,
  ktime_get_ns,
  READ_ONCE,
  WRITE_ONCE,
} from '#access'
import { INT_MAX } from '../base/constants.ts'
import { EINTR, ETIME } from '../base/errno.ts'
import { SIGNAL, task_of, WAIT_NODE } from '../mem/task.ts'

export { FUTEX_MISMATCH, FUTEX_TIMEDOUT, FUTEX_WOKEN }

/** Wakes every sleeper of a word. */
export const ALL: number = INT_MAX
/** No deadline. */
export const NEVER = Infinity

/** First word of wait_node: the word this task sleeps on and may be woken from by a signal; 0 none. */
const INTR_WORD = WAIT_NODE
/** Pause between two tries of send_signal to reach a task that is just falling asleep. */
const RETRY_NS = 50_000

/** Instant that lies `timeoutNs` ahead, for park. */
export function deadline_in(timeoutNs: number): number {
  return is_never(timeoutNs) ? timeoutNs : ktime_get_ns() + timeoutNs
}

/** The same instant, or NEVER, for a sleep that signals end, too. It is below 0, and so needs no parameter of its own. */
export function or_signal(deadline: number): number {
  return has_tasks ? -deadline : deadline
}

/** True for NEVER, also where signals end the sleep. */
export function is_never(deadline: number): boolean {
  return deadline === NEVER || (has_tasks && deadline === -NEVER)
}

/**
 * Sleeps while `word` holds `seen`, until woken.
 * @param deadline instant in ns as deadline_in or or_signal gives it
 * @returns FUTEX_WOKEN, FUTEX_MISMATCH, -ETIME; or -EINTR if a signal was pending, and it has not slept
 */
export function park(word: number, seen: number, deadline: number): number {
  // Where nobody has a task the sign says nothing, and bundlers leave out what it is for.
  const end = has_tasks ? Math.abs(deadline) : deadline
  const left = end === NEVER ? NEVER : end - ktime_get_ns()
  if (left <= 0) return -ETIME
  const wait = has_tasks && deadline < 0 ? wait_interruptible : futex_wait
  const result = wait(word, seen, left)
  return result === FUTEX_TIMEDOUT ? -ETIME : result
}

/**
 * Waits until `attempt` returns 0; sleeps while the word holds what it returns otherwise.
 * @returns 0 or -ETIME
 */
export function park_until(word: number, attempt: () => number, deadline: number): number {
  for (let ended = 0; ;) {
    const seen = attempt()
    if (seen === 0) return 0
    if (ended < 0) return ended
    ended = park(word, seen, deadline)
  }
}

function wait_interruptible(word: number, seen: number, timeoutNs: number): number {
  const task = current_task()
  if (task === 0) return futex_wait(word, seen, timeoutNs)
  // order: publish, then test the flag; pairs with send_signal, which sets the flag, then reads the word.
  WRITE_ONCE(task + INTR_WORD, word)
  const result = READ_ONCE(task + SIGNAL) === 0 ? futex_wait(word, seen, timeoutNs) : -EINTR
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
