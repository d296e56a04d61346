/**
 * Options of the waits that do not block, and what they need of the event loop.
 *
 * A signal that is aborted rejects with its reason, also if what is waited for is there: what was taken meanwhile is given back.
 * While somebody waits with a signal or a time-out, a timer keeps the process alive, so that it sees the end of the wait. What is
 * there at once is taken at once, and nothing is made for it.
 */
import { checkKeys, checkNumber, wrongType } from '../../base/arguments.ts'
import { INT_MAX } from '../../base/constants.ts'
import { CancelledError, TimeoutError } from '../../base/sync_error.ts'
import { passed, tried, Waiter, type Way } from '../waiter.ts'
import { checkMs } from './arguments.ts'
import type { InMemory } from './mine.ts'
import { where } from './misuse.ts'
import { triedTold } from './told.ts'

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

/** Options of a wait for units. */
export interface UnitOptions extends TurnOptions {
  /** How many, 1 if not given. */
  readonly units?: number | undefined
}

/** How asynchronous waiters of this thread for one object get along, and so the options that such a wait has. */
export type Turns = readonly (keyof UnitOptions)[]
/** They know nothing of each other. */
export const ALONE: Turns = ['timeoutMs', 'signal']
/** One that need not be the first of them. */
export const SHARED: Turns = ['timeoutMs', 'signal']
/** By priority, then in the order in which they came. */
export const TURNS: Turns = ['timeoutMs', 'signal', 'priority']
/** The same, each for so many units. */
export const UNITS: Turns = ['timeoutMs', 'signal', 'priority', 'units']

/** Refuses options that are wrong or unknown, or a signal that is aborted. */
export function checkOptions(o: InMemory, method: string, options: TurnOptions, turns: Turns = ALONE): void {
  checkKeys(where(o, method), 'options', options, turns)
  const { timeoutMs, signal, priority } = options
  if (priority !== undefined) {
    checkNumber(where(o, method), 'priority', priority, !Number.isNaN(priority), 'a number')
  }
  if (timeoutMs !== undefined) checkMs(o, method, timeoutMs)
  if (signal === undefined) return
  if (typeof signal?.addEventListener !== 'function') {
    throw wrongType(where(o, method), 'signal', 'an AbortSignal', signal)
  }
  if (signal.aborted) throw signal.reason
}

/** A waiter that its options end, which have been checked. Call the second when it waits no more. */
export function waiterOf(
  o: InMemory,
  method: string,
  { timeoutMs = Infinity, signal, priority }: TurnOptions,
  shares?: boolean,
): [waiter: Waiter, stop: () => void] {
  const waiter = new Waiter(priority, shares)
  const end = performance.now() + timeoutMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const arm = (): void => {
    const left = end - performance.now()
    // Beyond INT_MAX timers fire at once.
    if (left > 0) timer = setTimeout(arm, Math.min(Math.ceil(left), INT_MAX))
    else waiter.end(new TimeoutError(`${where(o, method)}: ${timeoutMs} ms have passed`))
  }
  const abort = (): void => {
    waiter.end(signal?.reason)
  }
  if (timeoutMs !== Infinity || signal !== undefined) arm()
  signal?.addEventListener('abort', abort)
  return [
    waiter,
    () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    },
  ]
}

/**
 * Waits within the options.
 * @param undo gives back what a wait took whose signal was aborted meanwhile; without it, it keeps it
 */
export async function waiting(
  o: InMemory,
  method: string,
  options: TurnOptions,
  way: Way,
  undo?: () => void,
  turns: Turns = ALONE,
): Promise<void> {
  checkOptions(o, method, options, turns)
  const { signal, priority = 0 } = options
  const shares = turns === SHARED
  const queue = turns === ALONE ? [] : queueOf(o)
  const behind = queue.findIndex((other) => other.priority < priority)
  const isFirst = queue.length === 0 || behind === 0 || shares
  if (isFirst && tried(o.view, way) === undefined) {
    if (signal === undefined) return
    await Promise.resolve()
  } else {
    const [waiter, stop] = waiterOf(o, method, options, shares)
    queue.splice(behind < 0 ? queue.length : behind, 0, waiter)
    if (behind === 0) queue[1]?.nudge()
    try {
      await passed(o.view, way, waiter, queue)
    } finally {
      stop()
      queue.splice(queue.indexOf(waiter), 1)
      queue[0]?.nudge()
    }
  }
  if (signal?.aborted !== true || undo === undefined) return
  undo()
  throw signal.reason
}

/** In which the asynchronous waiters of this thread for the object take turns. */
function queueOf({ mine }: InMemory): Waiter[] {
  return (mine.queue ??= [])
}

/** Ends the asynchronous waits of this thread for the object. They leave when they hear of it, which is later. */
export function cancelAll(o: InMemory): void {
  const reason = new CancelledError(`${where(o, 'cancel')}: this wait was cancelled`)
  for (const waiter of queueOf(o)) waiter.end(reason)
}

/** How to wait until `attempt` returns true, which is called whenever waiters are told to look. */
export function toldWay(told: number, attempt: () => boolean): Way {
  return { word: told, attempt: () => triedTold(told, attempt) || undefined }
}
