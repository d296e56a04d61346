/**
 * What rw_semaphore and rwlock do when their fast paths do not suffice. The state table, and why no wake-up is lost and
 * nobody starves, is in rw_word.ts. `kind` is what a sleeper publishes: one of BLOCKED_*.
 */
import {
  cmpxchg,
  cpu_relax,
  current_owner,
  fetch_add,
  fetch_and,
  fetch_or,
  fetch_sub,
  futex_wake,
  ktime_get_ns,
  LONG_POLLS,
  READ_ONCE,
  SPIN_POLLS,
} from '#access'
import { as } from '../base/addr.ts'
import { clear_blocked, set_blocked } from '../mem/task.ts'
import { owner_lock_release, owner_lock_slow } from './owner_lock.ts'
import { too_many, unlock_by_stranger } from './owner_word.ts'
import { ALL, park } from './park.ts'
import {
  ASYNC,
  CROWDED,
  HANDOFF,
  NOT_READABLE,
  PHASE,
  READER,
  readers,
  TAKEN,
  WAITING,
  waiting,
  WAITING_MASK,
  WRITER,
  WRITER_QUEUED,
  type RwLock,
} from './rw_word.ts'

const GRANTS = 2 // rw_semaphore.grants
const QUEUE = 3 // rw_semaphore.queue
/** Readers that poll so long at the same time: more of them would take the processors from those whom they wait for. */
const POLLERS = 2
/** A writer that waits longer is not overtaken any more. */
const HANDOFF_NS = 1_000_000

/** Finishes an up_read that saw `seen` before its subtraction. */
export function up_read_slow(sem: RwLock, seen: number, what: string): void {
  if (readers(seen) === 0) {
    fetch_add(sem, READER)
    throw unlock_by_stranger(what, sem, 0)
  }
  reader_gone(sem, seen)
}

/** `seen`: the state when the reader was counted still. */
export function reader_gone(sem: RwLock, seen: number): void {
  if ((seen & ASYNC) !== 0) rw_tell(sem)
  if (readers(seen) === 1 && (seen & TAKEN) === WRITER_QUEUED) futex_wake(sem, 1)
}

/** Somebody's chances are better: those that wait asynchronously, and one that waits to be upgraded, look again. */
export function rw_tell(sem: RwLock): void {
  fetch_and(sem, ~ASYNC)
  let_readers_in(sem)
}

/** Waits for a reader that has added itself where it may not read. Returns 0, -ETIME or -EINTR. */
export function down_read_slow(sem: RwLock, deadline: number, kind: number): number {
  for (;;) {
    const seen = READ_ONCE(sem)
    if ((seen & NOT_READABLE) === 0) return 0
    if ((seen & CROWDED) !== 0 || waiting(seen) === waiting(WAITING_MASK)) refuse_reader(sem)
    if (cmpxchg(sem, seen, seen - READER + WAITING) !== seen) continue
    reader_gone(sem, seen)
    set_blocked(sem, kind)
    const result = wait_for_grant(sem, seen, deadline)
    clear_blocked()
    return result
  }
}

function refuse_reader(sem: RwLock): never {
  reader_gone(sem, fetch_sub(sem, READER))
  throw too_many('down_read', sem, '131,072 readers, and 511 that wait')
}

/** `begun`: the state when the reader began to wait. */
function wait_for_grant(sem: RwLock, begun: number, deadline: number): number {
  const phase = begun & PHASE
  let polls = waiting(begun) < POLLERS ? LONG_POLLS : SPIN_POLLS
  let ended = 0
  for (;;) {
    // order: the number of grants before the state; pairs with let_readers_in, which adds after the change.
    const grants = READ_ONCE(sem + GRANTS)
    const seen = READ_ONCE(sem)
    if ((seen & PHASE) !== phase) return 0
    if ((seen & TAKEN) === 0) {
      if (cmpxchg(sem, seen, seen - WAITING + READER) === seen) return 0
    } else if (ended < 0) {
      if (cmpxchg(sem, seen, seen - WAITING) === seen) return ended
    } else if (polls-- > 0) {
      cpu_relax()
    } else {
      ended = park(sem + GRANTS, grants, deadline)
    }
  }
}

function let_readers_in(sem: RwLock): void {
  fetch_add(sem + GRANTS, 1)
  futex_wake(sem + GRANTS, ALL)
}

/** Ends writing where a plain WRITER → 0 was not possible. */
export function up_write_slow(sem: RwLock): void {
  end_writing(sem, 0)
}

/** Turns the writer into a reader where a plain WRITER → READER was not possible. */
export function downgrade_slow(sem: RwLock): void {
  end_writing(sem, READER)
}

function end_writing(sem: RwLock, add: number): void {
  for (;;) {
    const seen = READ_ONCE(sem)
    const granted = waiting(seen)
    const flip = granted > 0 ? PHASE : 0
    const next = ((seen & ~(WRITER | WAITING_MASK | ASYNC)) ^ flip) + granted * READER + add
    if (cmpxchg(sem, seen, next === PHASE ? 0 : next) !== seen) continue
    if (granted > 0 || (seen & ASYNC) !== 0) let_readers_in(sem)
    if ((next & WRITER_QUEUED) !== 0 && readers(next) === 0) futex_wake(sem, 1)
    return
  }
}

/** Waits for a writer that could not enter at once. Returns 0, -ETIME or -EINTR. */
export function down_write_slow(sem: RwLock, deadline: number, kind: number): number {
  for (let polls = SPIN_POLLS; ; polls--) {
    if (overtake(sem)) return 0
    if (polls <= 0) break
    cpu_relax()
  }
  const queue = as<'owner_lock'>(sem + QUEUE)
  const me = current_owner()
  set_blocked(sem, kind)
  let result = 0
  if (cmpxchg(queue, 0, me) !== 0) {
    result = owner_lock_slow(queue, me, sem, kind, deadline)
    set_blocked(sem, kind)
  }
  if (result === 0) {
    result = wait_announced(sem, deadline)
    owner_lock_release(queue)
  }
  clear_blocked()
  return result
}

/** Takes a semaphore with nobody inside, past an announced writer if need be. */
function overtake(sem: RwLock): boolean {
  const seen = READ_ONCE(sem)
  if ((seen & (WRITER | HANDOFF)) !== 0 || readers(seen) !== 0) return false
  return cmpxchg(sem, seen, (seen === PHASE ? 0 : seen) | WRITER) === seen
}

function wait_announced(sem: RwLock, deadline: number): number {
  const since = ktime_get_ns()
  let polls = LONG_POLLS
  let ended = 0
  fetch_or(sem, WRITER_QUEUED)
  for (;;) {
    const seen = READ_ONCE(sem)
    if ((seen & WRITER) === 0 && readers(seen) === 0) {
      if (cmpxchg(sem, seen, (seen & ~(WRITER_QUEUED | HANDOFF)) | WRITER) === seen) return 0
    } else if (ended < 0) {
      if (give_up(sem, seen)) return ended
    } else if (polls-- > 0) {
      cpu_relax()
    } else {
      const marked = ktime_get_ns() - since > HANDOFF_NS ? seen | HANDOFF : seen
      if (marked !== seen && cmpxchg(sem, seen, marked) !== seen) continue
      // order: the word holds QUEUED and a reader or writer when we sleep on it; whoever leaves last sees QUEUED.
      ended = park(sem, marked, deadline)
      polls = LONG_POLLS
    }
  }
}

/** The announced writer gives up: lets readers in again. False if the word is not `seen` any more. */
export function give_up(sem: RwLock, seen: number): boolean {
  if (cmpxchg(sem, seen, seen & ~(WRITER_QUEUED | HANDOFF | ASYNC)) !== seen) return false
  if (waiting(seen) > 0 || (seen & ASYNC) !== 0) let_readers_in(sem)
  return true
}
