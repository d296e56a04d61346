/**
 * rwlock: many readers or one writer, short sections that do not sleep.
 *
 * The word and its slow paths are those of rw_semaphore (rw_word.ts, rw_slow.ts): as in the kernel's queued rwlock, a queued
 * writer stops new readers. Waiters poll for 1 to 3 µs, then sleep, for the reason that spinlock.ts gives.
 *
 * Rules    not recursive, neither for readers. No downgrade, no time-outs: sections are short.
 * Context  any. The holder must not sleep.
 * Source   kernel/locking/qrwlock.c
 */
import * as access from '#access'
import * as trace from '#trace'
import type { Addr } from '../base/addr.ts'
import * as task from '../mem/task.ts'
import { unlock_by_stranger } from './owner_word.ts'
import { NEVER } from './park.ts'
import * as slow from './rw_slow.ts'
import * as state from './rw_word.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const cmpxchg = access.cmpxchg
const current_owner = access.current_owner
const fetch_add = access.fetch_add
const fetch_sub = access.fetch_sub
const read = access.read
const READ_ONCE = access.READ_ONCE
const write = access.write
const LOCK_READ = trace.LOCK_READ
const LOCK_SPINS = trace.LOCK_SPINS
const LOCK_WRITE = trace.LOCK_WRITE
const trace_lock_acquire = trace.trace_lock_acquire
const trace_lock_acquired = trace.trace_lock_acquired
const trace_lock_contended = trace.trace_lock_contended
const trace_lock_init = trace.trace_lock_init
const trace_lock_release = trace.trace_lock_release
const BLOCKED_RWLOCK = task.BLOCKED_RWLOCK
const pop_read = task.pop_read
const push_read = task.push_read
const NOT_READABLE = state.NOT_READABLE
const PHASE = state.PHASE
const READER = state.READER
const READER_SHIFT = state.READER_SHIFT
const rwlock = state.rwlock
const WRITER = state.WRITER
const WRITER_QUEUED = state.WRITER_QUEUED
const down_read_slow = slow.down_read_slow
const down_write_slow = slow.down_write_slow
const up_read_slow = slow.up_read_slow
const up_write_slow = slow.up_write_slow

export { rwlock } from './rw_word.ts'
type RwLock = Addr<'rwlock'>
const OWNER = 1 // rwlock.owner
const DEP_MAP = 5 // rwlock.dep_map

/** Makes a free lock. `name` is the text of the init site: one name, one lock class. */
export function rwlock_init(lock: RwLock, name: string): void {
  for (let i = 0; i < rwlock.words; i++) write(lock + i, 0)
  trace_lock_init(lock, lock + DEP_MAP, name, LOCK_SPINS)
}

/** Takes the lock for reading; waits until it can. */
export function read_lock(lock: RwLock): void {
  trace_lock_acquire(lock, lock + DEP_MAP, 0, false, LOCK_READ, 0)
  if ((fetch_add(lock, READER) & NOT_READABLE) !== 0) {
    trace_lock_contended(lock)
    down_read_slow(lock, NEVER, BLOCKED_RWLOCK)
  }
  push_read(lock)
  trace_lock_acquired(lock)
}

/** Takes the lock for reading unless a writer holds it or waits for it. Returns true if it did. */
export function read_trylock(lock: RwLock): boolean {
  for (;;) {
    const seen = READ_ONCE(lock)
    if ((seen & NOT_READABLE) !== 0) return false
    if (cmpxchg(lock, seen, seen + READER) === seen) break
  }
  trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_READ, 0)
  push_read(lock)
  trace_lock_acquired(lock)
  return true
}

/** Ends reading. Throws an Oops if nobody reads. */
export function read_unlock(lock: RwLock): void {
  trace_lock_release(lock, lock + DEP_MAP)
  pop_read(lock)
  const seen = fetch_sub(lock, READER)
  if ((seen & WRITER_QUEUED) !== 0 || seen >>> READER_SHIFT === 0) up_read_slow(lock, seen, 'read_unlock')
}

/** Takes the lock for writing; waits until it can. */
export function write_lock(lock: RwLock): void {
  trace_lock_acquire(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, 0)
  if (cmpxchg(lock, 0, WRITER) !== 0) {
    trace_lock_contended(lock)
    down_write_slow(lock, NEVER, BLOCKED_RWLOCK)
  }
  write(lock + OWNER, current_owner())
  trace_lock_acquired(lock)
}

/** Takes the lock for writing if nobody holds it or waits for it. Returns true if it did. */
export function write_trylock(lock: RwLock): boolean {
  const seen = cmpxchg(lock, 0, WRITER)
  if (seen !== 0 && (seen !== PHASE || cmpxchg(lock, PHASE, WRITER) !== PHASE)) return false
  write(lock + OWNER, current_owner())
  trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired(lock)
  return true
}

/** Ends writing. Throws an Oops if the caller is not the writer. */
export function write_unlock(lock: RwLock): void {
  const owner = read(lock + OWNER)
  if (owner !== current_owner()) throw unlock_by_stranger('write_unlock', lock, owner)
  write(lock + OWNER, 0)
  trace_lock_release(lock, lock + DEP_MAP)
  if (cmpxchg(lock, WRITER, 0) !== WRITER) up_write_slow(lock)
}
