/**
 * Waiting without blocking: for the main thread, and for anybody who has an event loop to serve.
 *
 * An asynchronous waiter sleeps where a thread would, on the lock's own word (`async` in the struct, its first). It is not counted, so there
 * may be any number; a flag in the word has whoever releases wake everybody. So it takes no wake-up away from a thread that
 * sleeps, and is handed nothing: its thread may be busy with something else for long. The price: it competes with newcomers
 * each time, may wait longer than a sleeper, and all that wait look again when one of them is told.
 *
 * Lifetime     the releaser touches nothing after its step, for asynchronous waiters neither.
 * Known limit  Node does not keep a process alive for it: something else must, as a running worker does.
 * Context      the memory is bound again after every wait, since others may have bound theirs meanwhile.
 */
import { bind, READ_ONCE, unbind } from '#access'
import type { Addr } from '../base/addr.ts'
import { barrier_arrive, barrier_withdraw } from './barrier.ts'
import { completion_async_begin, completion_async_end, completion_async_try } from './completion.ts'
import { mutex_async_begin, mutex_async_try } from './mutex.ts'
import { owner_lock_async_end } from './owner_lock.ts'
import { sema_async_begin, sema_async_end, sema_async_try } from './semaphore.ts'
import { spin_async_try } from './spinlock.ts'
import { passed, Waiter, type Way } from './waiter.ts'

/** How to take a mutex. */
export function mutex_way(lock: Addr<'mutex'>): Way {
  return {
    word: lock,
    attempt: () => mutex_async_try(lock) || undefined,
    giveUp: () => owner_lock_async_end(lock),
  }
}

/** How to take a spinlock. */
export function spin_way(lock: Addr<'spinlock'>): Way {
  return {
    word: lock,
    attempt: () => spin_async_try(lock) || undefined,
    giveUp: () => owner_lock_async_end(lock),
  }
}

/** How to take units of a semaphore. */
export function sema_way(sem: Addr<'semaphore'>, units: number): Way {
  return {
    word: sem,
    attempt: () => sema_async_try(sem, units) || undefined,
    giveUp: () => sema_async_end(sem),
  }
}

/** How to wait for a completion. */
export function completion_way(x: Addr<'completion'>): Way {
  return {
    word: x,
    attempt: () => completion_async_try(x) || undefined,
    giveUp: () => completion_async_end(x),
  }
}

/** How to wait for the end of a round of a barrier at which one has arrived. */
export function barrier_way(b: Addr<'barrier'>, round: number): Way {
  return { word: b, attempt: () => (READ_ONCE(b) === round ? round : undefined) }
}

/** Waits that way, until the signal is aborted: then it rejects with its reason. `begin` says what is about to happen. */
async function within(
  view: Int32Array,
  way: Way,
  signal: AbortSignal | undefined,
  begin: () => void,
): Promise<void> {
  bind(view)
  begin()
  unbind()
  const waiter = new Waiter()
  const abort = (): void => {
    waiter.end(signal?.reason)
  }
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort)
  try {
    await passed(view, way, waiter)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Takes the mutex without blocking the thread. Rejects with the signal's reason if it is aborted first. */
export function mutex_lock_async(view: Int32Array, lock: Addr<'mutex'>, signal?: AbortSignal): Promise<void> {
  return within(view, mutex_way(lock), signal, () => mutex_async_begin(lock))
}

/** Takes units of a semaphore without blocking the thread. */
export function down_async(
  view: Int32Array,
  sem: Addr<'semaphore'>,
  units: number = 1,
  signal?: AbortSignal,
): Promise<void> {
  return within(view, sema_way(sem, units), signal, () => sema_async_begin(sem))
}

/** Waits for a completion without blocking the thread. */
export function wait_for_completion_async(
  view: Int32Array,
  x: Addr<'completion'>,
  signal?: AbortSignal,
): Promise<void> {
  return within(view, completion_way(x), signal, () => completion_async_begin(x))
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
  const way = barrier_way(b, round)
  try {
    await within(view, way, signal, () => {})
  } catch (error) {
    bind(view)
    const gone = barrier_withdraw(b, round)
    unbind()
    if (gone) throw error
  }
  return false
}
