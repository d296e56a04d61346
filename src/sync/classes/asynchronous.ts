/**
 * Options of the waits that do not block, and what they need of the event loop.
 *
 * A signal that is aborted rejects with its reason, also if what is waited for is there: what was taken meanwhile is given back.
 * While somebody waits with a signal or a time-out, a timer keeps the process alive, so that it sees the end of the wait.
 */
import { bind, fetch_add, fetch_or, futex_wake, READ_ONCE, unbind } from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { TimeoutError } from '../../base/sync_error.ts'
import { change } from '../async.ts'
import { ALL, deadline_in, FUTEX_TIMEDOUT, park } from '../park.ts'
import { checkMs, wrongType } from './arguments.ts'

/** What is used of an AbortSignal. */
export interface Signal {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** How long an asynchronous call waits. */
export interface WaitOptions {
  /** Rejects with a TimeoutError when that many milliseconds have passed; Infinity if not given. */
  readonly timeoutMs?: number | undefined
  /** Rejects with the signal's reason when it is aborted. */
  readonly signal?: Signal | undefined
}

/** Longest delay of a timer; beyond it timers fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

function check(where: string, { timeoutMs, signal }: WaitOptions): void {
  if (timeoutMs !== undefined) checkMs(where, timeoutMs)
  if (signal === undefined) return
  if (typeof signal !== 'object' || signal === null || typeof signal.addEventListener !== 'function') {
    throw wrongType(where, 'signal', 'an AbortSignal', signal)
  }
  if (signal.aborted) throw signal.reason
}

/** Aborts `controller` when `timeoutMs` have passed. Returns what stops it. */
function startTimer(where: string, controller: AbortController, timeoutMs: number): () => void {
  const end = performance.now() + timeoutMs
  let timer: ReturnType<typeof setTimeout>
  const arm = (): void => {
    const left = end - performance.now()
    if (left <= 0) controller.abort(new TimeoutError(`${where}: ${timeoutMs} ms have passed`))
    else timer = setTimeout(arm, Math.min(Math.ceil(left), MAX_DELAY_MS))
  }
  timer = setTimeout(arm, Math.min(Math.ceil(timeoutMs), MAX_DELAY_MS))
  return () => {
    clearTimeout(timer)
  }
}

/**
 * Runs an asynchronous wait within its options.
 * @param where `Class.method`, for errors
 * @param start begins the wait; it ends early when its signal is aborted, with the reason or with success
 * @param undo gives back what a wait took that ended with success after all; without it such a success stands
 */
export async function waiting<T>(
  where: string,
  options: WaitOptions,
  start: (signal?: AbortSignal) => Promise<T>,
  undo?: (taken: T) => void,
): Promise<T> {
  check(where, options)
  const { timeoutMs = Infinity, signal } = options
  if (timeoutMs === Infinity && signal === undefined) return start()
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(signal?.reason)
  }
  signal?.addEventListener('abort', abort)
  const stopTimer = startTimer(where, controller, timeoutMs)
  try {
    const taken = await start(controller.signal)
    if (signal?.aborted !== true || undo === undefined) return taken
    undo(taken)
    throw signal.reason
  } finally {
    stopTimer()
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * A word beside an object whose functions know nothing of asynchronous waiters: 0, or how often those that wait have been told
 * to look again; then odd, so never 0 again.
 *
 * Lost wake-ups  a waiter makes the word odd, reads it, tries, and sleeps on what it has read. Whoever changes the object in
 *          somebody's favour reads the word afterwards: it finds 0 only if the waiter's try comes after the change.
 * Lifetime the word is read after the change: the memory must outlive every call.
 */
export type Told = number

/** Tells those that wait asynchronously to look again. The memory is bound. Costs a load if nobody ever waited. */
export function tell(told: Told): void {
  if (READ_ONCE(told) === 0) return
  fetch_add(told, 2)
  futex_wake(told, ALL)
}

/** Calls `attempt` with the memory bound, now and whenever waiters are told to look, until it returns true. */
export async function untilTold(
  view: Int32Array,
  told: Told,
  attempt: () => boolean,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    bind(view)
    const seen = joinTold(told)
    let done = false
    try {
      done = attempt()
    } finally {
      unbind()
    }
    if (done) return
    signal?.throwIfAborted()
    await change(view, told, seen, signal)
    signal?.throwIfAborted()
  }
}

/**
 * The same for a thread that blocks, for objects whose functions know no time-out. The memory is bound.
 * @returns false if the time is up
 */
export function waitTold(told: Told, attempt: () => boolean, timeoutMs: number): boolean {
  const deadline = deadline_in(timeoutMs * NSEC_PER_MSEC)
  for (let expired = false; ;) {
    const seen = joinTold(told)
    if (attempt()) return true
    if (expired) return false
    expired = park(told, seen, deadline, false) === FUTEX_TIMEDOUT
  }
}

/** Joins those that wait asynchronously; returns what the word holds then. */
export function joinTold(told: Told): number {
  const seen = READ_ONCE(told)
  if (seen !== 0) return seen
  fetch_or(told, 1)
  return READ_ONCE(told)
}
