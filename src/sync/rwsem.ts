/**
 * rw_semaphore: many readers or one writer, sections that may sleep.
 *
 * Fast paths are one atomic each: down_read adds a reader and looks at what was there; up_read subtracts it;
 * down_write turns 0 into WRITER; up_write turns WRITER into 0. State table: rw_word.ts, slow paths: rw_slow.ts.
 *
 * Rules    a queued writer stops new readers and makes down_read_trylock fail, so reading is not recursive. All readers
 *          queued when a writer lets go get in together, before the next writer: neither side waits for more than one
 *          turn of the other. Only the writer may up_write; readers are recorded in their task_struct, not checked.
 * Context  may sleep (trylock variants do not).
 * Source   kernel/locking/rwsem.c; the announced writer follows Go's sync.RWMutex.
 */
import * as access from '#access'
import * as trace from '#trace'
import { LOCK_READ, LOCK_WRITE, trace_lock_downgrade, trace_lock_init } from '#trace'
import type { Addr } from '../base/addr.ts'
import * as task from '../mem/task.ts'
import { BLOCKED_RWSEM_READ, BLOCKED_RWSEM_WRITE } from '../mem/task.ts'
import { unlock_by_stranger } from './owner_word.ts'
import { deadline_in, NEVER, or_signal } from './park.ts'
import {
  down_read_slow,
  down_write_slow,
  downgrade_slow,
  reader_gone,
  up_read_slow,
  up_write_slow,
} from './rw_slow.ts'
import * as state from './rw_word.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const current_owner = access.current_owner
const cmpxchg = access.cmpxchg
const fetch_add = access.fetch_add
const fetch_sub = access.fetch_sub
const read = access.read
const READ_ONCE = access.READ_ONCE
const write = access.write
const might_sleep = access.CHECKED ? trace.might_sleep : undefined
const trace_lock_acquire = access.CHECKED ? trace.trace_lock_acquire : undefined
const trace_lock_acquired = access.CHECKED ? trace.trace_lock_acquired : undefined
const trace_lock_contended = access.CHECKED ? trace.trace_lock_contended : undefined
const trace_lock_release = access.CHECKED ? trace.trace_lock_release : undefined
const pop_read = task.pop_read
const push_read = task.push_read
const ASYNC = state.ASYNC
const NOT_READABLE = state.NOT_READABLE
const PHASE = state.PHASE
const READER = state.READER
const READER_SHIFT = state.READER_SHIFT
const WRITER = state.WRITER
const WRITER_QUEUED = state.WRITER_QUEUED

export { rw_semaphore } from './rw_word.ts'
type RwSemaphore = Addr<'rw_semaphore'>
const OWNER = 1 // rw_semaphore.owner
const DEP_MAP = 5 // rw_semaphore.dep_map
const WORDS = 6 // rw_semaphore.words

/** Makes a free semaphore. `name` is the text of the init site: one name, one lock class. */
export function init_rwsem(sem: RwSemaphore, name: string): void {
  for (let i = 0; i < WORDS; i++) write(sem + i, 0)
  trace_lock_init(sem, sem + DEP_MAP, name)
}

/** Takes the semaphore for reading; sleeps until it can. */
export function down_read(sem: RwSemaphore): void {
  down_read_nested(sem, 0)
}

/** down_read for a semaphore of the same class as one that is held. */
export function down_read_nested(sem: RwSemaphore, subclass: number): void {
  might_sleep?.()
  trace_lock_acquire?.(sem, sem + DEP_MAP, subclass, false, LOCK_READ, 0)
  if ((fetch_add(sem, READER) & NOT_READABLE) !== 0) read_contended(sem, NEVER)
  push_read(sem)
  trace_lock_acquired?.(sem)
}

/** Takes the semaphore for reading unless a writer holds it or waits for it. Returns true if it did. */
export function down_read_trylock(sem: RwSemaphore): boolean {
  for (;;) {
    const seen = READ_ONCE(sem)
    if ((seen & NOT_READABLE) !== 0) return false
    if (cmpxchg(sem, seen, seen + READER) === seen) break
  }
  trace_lock_acquire?.(sem, sem + DEP_MAP, 0, true, LOCK_READ, 0)
  push_read(sem)
  trace_lock_acquired?.(sem)
  return true
}

/** Takes the semaphore for reading, unless a signal is or becomes pending while it sleeps. Returns 0 or -EINTR. */
export function down_read_interruptible(sem: RwSemaphore): number {
  return down_read_timeout(sem, or_signal(NEVER))
}

/** Takes the semaphore for reading within `timeoutNs`. Returns 0 or -ETIME. Linux has no such call. */
export function down_read_timeout(sem: RwSemaphore, timeoutNs: number): number {
  might_sleep?.()
  trace_lock_acquire?.(sem, sem + DEP_MAP, 0, false, LOCK_READ, 0)
  const free = (fetch_add(sem, READER) & NOT_READABLE) === 0
  const error = free ? 0 : read_contended(sem, deadline_in(timeoutNs))
  if (error !== 0) {
    trace_lock_release?.(sem, sem + DEP_MAP)
    return error
  }
  push_read(sem)
  trace_lock_acquired?.(sem)
  return 0
}

/** Ends reading. Throws an Oops if nobody reads. */
export function up_read(sem: RwSemaphore): void {
  trace_lock_release?.(sem, sem + DEP_MAP)
  pop_read(sem)
  const seen = fetch_sub(sem, READER)
  if ((seen & (WRITER_QUEUED | ASYNC)) !== 0 || seen >>> READER_SHIFT === 0)
    up_read_slow(sem, seen, 'up_read')
}

/** up_read of a caller that knows that it reads. */
export function rwsem_end_read(sem: RwSemaphore): void {
  trace_lock_release?.(sem, sem + DEP_MAP)
  pop_read(sem)
  const seen = fetch_sub(sem, READER)
  if ((seen & (WRITER_QUEUED | ASYNC)) !== 0) reader_gone(sem, seen)
}

/** Takes the semaphore for writing; sleeps until it can. */
export function down_write(sem: RwSemaphore): void {
  down_write_nested(sem, 0)
}

/** down_write for a semaphore of the same class as one that is held. */
export function down_write_nested(sem: RwSemaphore, subclass: number): void {
  might_sleep?.()
  trace_lock_acquire?.(sem, sem + DEP_MAP, subclass, false, LOCK_WRITE, 0)
  if (cmpxchg(sem, 0, WRITER) !== 0) write_contended(sem, NEVER)
  write(sem + OWNER, current_owner())
  trace_lock_acquired?.(sem)
}

/** Takes the semaphore for writing if nobody holds it or waits for it. Returns true if it did. */
export function down_write_trylock(sem: RwSemaphore): boolean {
  for (let seen = 0; ;) {
    const found = cmpxchg(sem, seen, (seen & ASYNC) | WRITER)
    if (found === seen) break
    if ((found & ~(PHASE | ASYNC)) !== 0) return false
    seen = found
  }
  write(sem + OWNER, current_owner())
  trace_lock_acquire?.(sem, sem + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired?.(sem)
  return true
}

/** Takes the semaphore for writing, unless a signal is or becomes pending while it sleeps. Returns 0 or -EINTR. */
export function down_write_killable(sem: RwSemaphore): number {
  return down_write_timeout(sem, or_signal(NEVER))
}

/** Takes the semaphore for writing within `timeoutNs`. Returns 0 or -ETIME. Linux has no such call. */
export function down_write_timeout(sem: RwSemaphore, timeoutNs: number): number {
  might_sleep?.()
  trace_lock_acquire?.(sem, sem + DEP_MAP, 0, false, LOCK_WRITE, 0)
  const free = cmpxchg(sem, 0, WRITER) === 0
  const error = free ? 0 : write_contended(sem, deadline_in(timeoutNs))
  if (error !== 0) {
    trace_lock_release?.(sem, sem + DEP_MAP)
    return error
  }
  write(sem + OWNER, current_owner())
  trace_lock_acquired?.(sem)
  return 0
}

/** Ends writing. Throws an Oops if the caller is not the writer. */
export function up_write(sem: RwSemaphore): void {
  trace_lock_release?.(sem, sem + DEP_MAP)
  must_write(sem, 'up_write')
  end_write(sem)
}

/** up_write of a caller that knows that it is the writer. */
export function rwsem_end_write(sem: RwSemaphore): void {
  trace_lock_release?.(sem, sem + DEP_MAP)
  end_write(sem)
}

function end_write(sem: RwSemaphore): void {
  write(sem + OWNER, 0)
  if (cmpxchg(sem, WRITER, 0) !== WRITER) up_write_slow(sem)
}

/** Turns writing into reading without a moment in which another writer could get in; lets queued readers in too. */
export function downgrade_write(sem: RwSemaphore): void {
  trace_lock_downgrade(sem)
  must_write(sem, 'downgrade_write')
  end_write_as_reader(sem)
}

/** downgrade_write of a caller that knows that it is the writer. */
export function rwsem_end_write_as_reader(sem: RwSemaphore): void {
  trace_lock_downgrade(sem)
  end_write_as_reader(sem)
}

function end_write_as_reader(sem: RwSemaphore): void {
  write(sem + OWNER, 0)
  push_read(sem)
  if (cmpxchg(sem, WRITER, READER) !== WRITER) downgrade_slow(sem)
}

/** True if somebody reads or writes at this moment: a hint. */
export function rwsem_is_locked(sem: RwSemaphore): boolean {
  const seen = READ_ONCE(sem)
  return (seen & WRITER) !== 0 || seen >>> READER_SHIFT !== 0
}

/** True if a newcomer might read at this moment: a hint. */
export function rwsem_is_readable(sem: RwSemaphore): boolean {
  return (READ_ONCE(sem) & NOT_READABLE) === 0
}

function must_write(sem: RwSemaphore, what: string): void {
  const owner = read(sem + OWNER)
  if (owner !== current_owner()) throw unlock_by_stranger(what, sem, owner)
}

function read_contended(sem: RwSemaphore, deadline: number): number {
  trace_lock_contended?.(sem)
  return down_read_slow(sem, deadline, BLOCKED_RWSEM_READ)
}

function write_contended(sem: RwSemaphore, deadline: number): number {
  trace_lock_contended?.(sem)
  return down_write_slow(sem, deadline, BLOCKED_RWSEM_WRITE)
}
