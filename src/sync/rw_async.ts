/**
 * Waiting for an rw_semaphore without blocking: to read, to write, or for what its users wait for beside it.
 *
 * Lost wake-ups  a waiter reads `grants`, sets ASYNC, tries, and sleeps on the `grants` that it has read. A step in its favour that
 *          comes after the try finds ASYNC, or somebody has cleared it since; whoever clears it adds to `grants` afterwards.
 *          What is there at once is taken without the mark, which would make the next unlock a slow one.
 * Giving up      nothing: all sleepers of `grants` are woken at a time, so that none takes a wake-up away from another.
 */
import { cmpxchg, fetch_or, READ_ONCE } from '#access'
import type { Addr } from '../base/addr.ts'
import { rw_tell } from './rw_slow.ts'
import { ASYNC } from './rw_word.ts'
import type { Way } from './waiter.ts'

type RwSemaphore = Addr<'rw_semaphore'>
/** The word that an asynchronous waiter sleeps on. */
export const GRANTS = 2 // rw_semaphore.grants

/** One try of an asynchronous waiter. Returns 0 if `attempt` did, otherwise what `grants` holds: wait for a change of it. */
export function rwsem_async_try(sem: RwSemaphore, attempt: () => boolean): number {
  if (attempt()) return 0
  let grants = READ_ONCE(sem + GRANTS)
  // A count of 0 would say that it has it. Who sleeps on it finds a mismatch.
  for (; grants === 0; grants = READ_ONCE(sem + GRANTS)) cmpxchg(sem + GRANTS, 0, 1)
  fetch_or(sem, ASYNC)
  return attempt() ? 0 : grants
}

/** How to wait until `attempt` returns true, for which any end of a read or a write may be the reason. */
export function rwsem_way(sem: RwSemaphore, attempt: () => boolean): Way {
  return { word: sem + GRANTS, attempt: () => rwsem_async_try(sem, attempt) || undefined }
}

/** What is waited for beside the semaphore may be there now: those that wait asynchronously look again. */
export function rwsem_tell(sem: RwSemaphore): void {
  if ((READ_ONCE(sem) & ASYNC) !== 0) rw_tell(sem)
}
