/**
 * Waiting without blocking: for the main thread, and for anybody who has an event loop to serve.
 *
 * An asynchronous waiter sleeps on a word of its own (`async` in the struct) that is changed, and notified to all, whenever it
 * should try again. So it takes no wake-up away from a thread that sleeps, and is handed nothing: its thread may be busy with
 * something else for long. The price: it competes with newcomers each time, and may wait longer than a sleeper.
 *
 * Known limit  Node does not keep a process alive for it: something else must, as a running worker does.
 * Context      the memory is bound again after every wait, since others may have bound theirs meanwhile.
 */
import { bind, READ_ONCE, unbind } from '#access'
import type { Addr } from '../base/addr.ts'
import { barrier_arrive, barrier_withdraw } from './barrier.ts'
import {
  completion,
  completion_async_begin,
  completion_async_end,
  completion_async_try,
} from './completion.ts'
import { mutex, mutex_async_begin, mutex_async_try } from './mutex.ts'
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

/** Calls `attempt` with the memory bound, now and after every change of the word, until it returns 0. */
async function until(
  view: Int32Array,
  word: number,
  attempt: () => number,
  giveUp: () => void,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    bind(view)
    const told = attempt()
    if (told !== 0 && signal?.aborted === true) giveUp()
    unbind()
    if (told === 0) return
    signal?.throwIfAborted()
    await change(view, word, told, signal)
  }
}

/** Takes the mutex without blocking the thread. Rejects with the signal's reason if it is aborted first. */
export async function mutex_lock_async(
  view: Int32Array,
  lock: Addr<'mutex'>,
  signal?: AbortSignal,
): Promise<void> {
  bind(view)
  mutex_async_begin(lock)
  unbind()
  const attempt = (): number => mutex_async_try(lock)
  await until(view, lock + mutex.offset.async, attempt, () => {}, signal)
}

/** Takes units of a semaphore without blocking the thread. */
export async function down_async(
  view: Int32Array,
  sem: Addr<'semaphore'>,
  units: number = 1,
  signal?: AbortSignal,
): Promise<void> {
  bind(view)
  sema_async_begin(sem)
  unbind()
  const attempt = (): number => sema_async_try(sem, units)
  await until(view, sem + semaphore.offset.async, attempt, () => sema_async_end(sem), signal)
}

/** Waits for a completion without blocking the thread. */
export async function wait_for_completion_async(
  view: Int32Array,
  x: Addr<'completion'>,
  signal?: AbortSignal,
): Promise<void> {
  bind(view)
  completion_async_begin(x)
  unbind()
  const attempt = (): number => completion_async_try(x)
  await until(view, x + completion.offset.async, attempt, () => completion_async_end(x), signal)
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
