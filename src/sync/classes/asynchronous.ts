/**
 * Options of the waits that do not block, and what they need of the event loop.
 *
 * A signal that is aborted rejects with its reason, also if what is waited for is there: what was taken meanwhile is given back.
 * While somebody waits with a signal or a time-out, a timer keeps the process alive, so that it sees the end of the wait.
 */
import { bind, unbind } from '#access'
import { TimeoutError } from '../../base/sync_error.ts'
import { change } from '../async.ts'
import { checkMs, wrongType } from './arguments.ts'
import { joinTold } from './told.ts'
import type { Turns } from './turns.ts'

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

/** Options of a wait that takes turns with others of its thread. */
export interface TurnOptions extends WaitOptions {
  /** Of this thread's waiters for the object, the one with the highest priority is the first to get it; 0 if not given. */
  readonly priority?: number | undefined
}

/** Longest delay of a timer; beyond it timers fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

function check(where: string, { timeoutMs, signal, priority }: TurnOptions): void {
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    throw wrongType(where, 'priority', 'a number', priority)
  }
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
 * @internal its types need a DOM's or Node's
 * @param where `Class.method`, for errors
 * @param start begins the wait; it ends early when its signal is aborted, with the reason or with success
 * @param undo gives back what a wait took that ended with success after all; without it such a success stands
 * @param turns in which it takes its turn
 */
export async function waiting<T>(
  where: string,
  options: TurnOptions,
  start: (signal?: AbortSignal) => Promise<T>,
  undo?: (taken: T) => void,
  turns?: Turns,
): Promise<T> {
  check(where, options)
  const { timeoutMs = Infinity, signal, priority = 0 } = options
  const isPlain = timeoutMs === Infinity && signal === undefined
  if (isPlain && turns === undefined) return start()
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(signal?.reason)
  }
  signal?.addEventListener('abort', abort)
  const stopTimer = isPlain ? undefined : startTimer(where, controller, timeoutMs)
  try {
    const taken = await (turns?.take(priority, controller, start) ?? start(controller.signal))
    if (signal?.aborted !== true || undo === undefined) return taken
    undo(taken)
    throw signal.reason
  } finally {
    stopTimer?.()
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * Calls `attempt` with the memory bound, now and whenever waiters are told to look, until it returns true.
 * @internal as waiting
 */
export async function untilTold(
  view: Int32Array,
  told: number,
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
