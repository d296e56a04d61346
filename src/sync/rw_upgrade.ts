/**
 * Upgrading an rw_semaphore: a reader becomes the writer, with no other writer in between.
 *
 * Only one reader at a time may want it (the class RwSem has a mutex for that): two would wait for each other to leave.
 * State    1 reader, w waiting, p, h, q → w waiting, p, h, q, WRITER, in one step: the state of a writer that overtook an announced
 *          one. The announced writer goes on waiting, as it did for the reader.
 * Starvation  new readers would keep the count above 1. So the upgrader announces itself in the place of a queued writer; if a
 *          writer is announced already, new readers wait for that one anyway.
 * Lost wake-ups  the upgrader waits as asynchronous waiters do (rw_async.ts), also where it blocks its thread. A reader that leaves is
 *          in its favour, and so is a newcomer that has counted itself and becomes a waiting reader (rw_slow.ts).
 */
import { cmpxchg, current_owner, fetch_or, READ_ONCE, write } from '#access'
import { LOCK_WRITE, trace_lock_acquire, trace_lock_acquired, trace_lock_release } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { BLOCKED_RWSEM_WRITE, clear_blocked, pop_read, set_blocked } from '../mem/task.ts'
import { owner_lock_release } from './owner_lock.ts'
import { park_until } from './park.ts'
import { GRANTS, rwsem_async_try } from './rw_async.ts'
import { give_up } from './rw_slow.ts'
import { HANDOFF, READER, readers, WRITER, WRITER_QUEUED } from './rw_word.ts'

type RwSemaphore = Addr<'rw_semaphore'>
const QUEUE = 3 // rw_semaphore.queue
const OWNER = 1 // rw_semaphore.owner
const DEP_MAP = 5 // rw_semaphore.dep_map

/** Keeps new readers out. Returns true if this call does so, false if an announced writer does. */
export function upgrade_begin(sem: RwSemaphore): boolean {
  if (cmpxchg(sem + QUEUE, 0, current_owner()) !== 0) return false
  fetch_or(sem, WRITER_QUEUED)
  return true
}

/** Becomes the writer if the caller is the only reader. `announced` is what upgrade_begin returned. */
export function upgrade_try(sem: RwSemaphore, announced: boolean): boolean {
  for (;;) {
    const seen = READ_ONCE(sem)
    if (readers(seen) !== 1) return false
    const kept = announced ? seen & ~(WRITER_QUEUED | HANDOFF) : seen
    if (cmpxchg(sem, seen, (kept - READER) | WRITER) === seen) break
  }
  if (announced) owner_lock_release(as<'owner_lock'>(sem + QUEUE))
  trace_lock_release(sem, sem + DEP_MAP)
  pop_read(sem)
  write(sem + OWNER, current_owner())
  trace_lock_acquire(sem, sem + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired(sem)
  return true
}

/** Waits until it is the writer. Returns 0, or -ETIME: then upgrade_end follows. */
export function upgrade_wait(sem: RwSemaphore, announced: boolean, deadline: number): number {
  set_blocked(sem, BLOCKED_RWSEM_WRITE)
  const attempt = (): boolean => upgrade_try(sem, announced)
  const result = park_until(sem + GRANTS, () => rwsem_async_try(sem, attempt), deadline)
  clear_blocked()
  return result
}

/** Gives up; the caller goes on reading. */
export function upgrade_end(sem: RwSemaphore, announced: boolean): void {
  if (!announced) return
  while (!give_up(sem, READ_ONCE(sem)));
  owner_lock_release(as<'owner_lock'>(sem + QUEUE))
}
