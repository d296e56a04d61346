/**
 * Waiting without blocking: for the main thread, and for anybody who has an event loop to serve.
 *
 * An asynchronous waiter sleeps where a thread would, on the lock's own word (`async` in the struct). It is not counted, so there
 * may be any number; a flag in the word has whoever releases wake everybody. So it takes no wake-up away from a thread that
 * sleeps, and is handed nothing: its thread may be busy with something else for long. The price: it competes with newcomers
 * each time, may wait longer than a sleeper, and all that wait look again when one of them is told.
 *
 * Lifetime     the releaser touches nothing after its step, for asynchronous waiters neither.
 * Known limit  Node does not keep a process alive for it: something else must, as a running worker does.
 * Context      the memory is bound again after every wait, since others may have bound theirs meanwhile.
 */
import { bind, READ_ONCE, unbind } from '#access'
import { trace_async } from '#trace'
import type { Addr } from '../base/addr.ts'
import { barrier_arrive, barrier_withdraw } from './barrier.ts'
import {
  completion,
  completion_async_begin,
  completion_async_end,
  completion_async_try,
} from './completion.ts'
import { mutex, mutex_async_begin, mutex_async_end, mutex_async_try } from './mutex.ts'
import { sema_async_begin, sema_async_end, sema_async_try, semaphore } from './semaphore.ts'

/** Waits until the word is not `seen` any more, or `signal` is aborted. */
export async function change(
  view: Int32Array,
  word: number,
  seen: number,
  signal?: AbortSignal,
): Promise<void> {
  const wait = Atomics.waitAsync(view, word, seen)
  if (!wait.async) return
  if (signal === undefined) {
    await wait.value
    return
  }
  let stop = (): void => {}
  const aborted = new Promise<void>((resolve) => {
    stop = resolve
    signal.addEventListener('abort', stop, { once: true })
  })
  await Promise.race([wait.value, aborted])
  signal.removeEventListener('abort', stop)
}

/** False in an engine without Atomics.waitAsync. */
export const CAN_LISTEN: boolean = typeof Atomics.waitAsync === 'function'

/** Waits for notifications of a word that is always 0, as long as this thread is there. `heard` is called after each. */
export function listen(view: Int32Array, word: number, heard: () => void): void {
  const wait = Atomics.waitAsync(view, word, 0)
  if (!wait.async) return
  const again = async (): Promise<void> => {
    await wait.value
    listen(view, word, heard)
    heard()
  }
  void again()
}

/** How to wait for one thing: steps that run with its memory bound. */
interface Way {
  readonly begin: () => void
  /** Returns 0 if it has what it waits for, otherwise what the word holds. */
  readonly attempt: () => number
  readonly giveUp: () => void
}

/** Attempts it now and after every change of the word, until it succeeds. */
async function until(view: Int32Array, word: number, way: Way, signal?: AbortSignal): Promise<void> {
  for (let begun = false; ; begun = true) {
    bind(view)
    if (!begun) way.begin()
    trace_async(true)
    const seen = way.attempt()
    trace_async(false)
    if (seen !== 0 && signal?.aborted === true) way.giveUp()
    unbind()
    if (seen === 0) return
    signal?.throwIfAborted()
    await change(view, word, seen, signal)
  }
}

/** Takes the mutex without blocking the thread. Rejects with the signal's reason if it is aborted first. */
export function mutex_lock_async(view: Int32Array, lock: Addr<'mutex'>, signal?: AbortSignal): Promise<void> {
  const way: Way = {
    begin: () => mutex_async_begin(lock),
    attempt: () => mutex_async_try(lock),
    giveUp: () => mutex_async_end(lock),
  }
  return until(view, lock + mutex.offset.async, way, signal)
}

/** Takes units of a semaphore without blocking the thread. */
export function down_async(
  view: Int32Array,
  sem: Addr<'semaphore'>,
  units: number = 1,
  signal?: AbortSignal,
): Promise<void> {
  const way: Way = {
    begin: () => sema_async_begin(sem),
    attempt: () => sema_async_try(sem, units),
    giveUp: () => sema_async_end(sem),
  }
  return until(view, sem + semaphore.offset.async, way, signal)
}

/** Waits for a completion without blocking the thread. */
export function wait_for_completion_async(
  view: Int32Array,
  x: Addr<'completion'>,
  signal?: AbortSignal,
): Promise<void> {
  const way: Way = {
    begin: () => completion_async_begin(x),
    attempt: () => completion_async_try(x),
    giveUp: () => completion_async_end(x),
  }
  return until(view, x + completion.offset.async, way, signal)
}

/**
 * Arrives at a barrier and waits for the others without blocking the thread. Resolves to true for the last one. Rejects with the
 * signal's reason if it is aborted first: then this party has not arrived.
 */
export async function barrier_wait_async(
  view: Int32Array,
  b: Addr<'barrier'>,
  signal?: AbortSignal,
): Promise<boolean> {
  bind(view)
  const round = READ_ONCE(b)
  const last = barrier_arrive(b)
  unbind()
  if (last) return true
  // Only the end of the round notifies this word: one wait is enough.
  await change(view, b, round, signal)
  if (signal?.aborted === true) {
    bind(view)
    const gone = barrier_withdraw(b, round)
    unbind()
    if (gone) signal.throwIfAborted()
    await change(view, b, round)
  }
  return false
}
