/**
 * robust_rwsem: many readers or one writer, any of whom may end inside. Whoever waits finds that out.
 *
 * State    gate     a robust_mutex: the writer, or the one reader that may be upgraded
 *          closed   OPEN 0; ANNOUNCED 1, the gate's holder waits until all readers have left; INSIDE 2, it writes
 *          slots    one word and cache line per thread, so that readers have names: 0 outside; me|n, n times inside; me|WANT, it waits
 *          left     counted up when a reader leaves a closed semaphore; its writer sleeps on it. Waiting readers sleep on their slots.
 * Invariant  closed is written by the gate's holder alone. A slot is written by its thread; besides, others turn WANT into once
 *          inside (the grant), and clear the slot of a thread that has ended.
 * Exclusion  a reader writes its slot, then reads closed; a writer writes closed, then reads the slots. One of them sees the other.
 * Lost wake-ups  `left` is read before the slots, and counted up after a slot has changed. A reader writes WANT before it reads
 *          closed; who opens writes closed before it looks for WANT.
 * Fairness  who opens lets all waiting readers in, before it leaves the gate to the next writer: neither side starves.
 * Ended    a reader leaves nothing behind but its slot. One that held the gate and did not write neither. Only one that ended INSIDE
 *          leaves the gate DEAD and the semaphore closed: whoever takes the gate is told.
 * Lifetime a reader that leaves looks at closed afterwards: it may be freed by the next writer only when that has returned.
 * Cost     a reader stores a word of its own and loads one; a writer looks at every slot. So many readers do not get in each other's
 *          way, as in percpu_rwsem; rwsem is better with writers that come often.
 * Context  may sleep.
 * Source   brlock of Linux 2.4 to 3.9; Dekker.
 */
import * as access from '#access'
import * as trace from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { EAGAIN, ENOTRECOVERABLE, EOWNERDEAD, ETIME } from '../base/errno.ts'
import { embed, struct, word } from '../mem/layout.ts'
import {
  BLOCKED_MUTEX,
  BLOCKED_RWSEM_WRITE,
  clear_blocked,
  pop_read,
  push_read,
  set_blocked,
} from '../mem/task.ts'
import { FLAGS, too_many, unlock_by_stranger } from './owner_word.ts'
import { ALL, deadline_in, NEVER, park } from './park.ts'
import {
  ASK_NS,
  robust_mutex,
  robust_mutex_give_up,
  robust_mutex_inherit,
  robust_mutex_init,
  robust_mutex_is_lost,
  robust_mutex_is_orphan,
  robust_mutex_lock,
  robust_mutex_look,
  robust_mutex_trylock,
  robust_mutex_unlock,
  type Ended,
} from './robust.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const cmpxchg = access.cmpxchg
const current_owner = access.current_owner
const READ_ONCE = access.READ_ONCE
const read = access.read
const write = access.write
const WRITE_ONCE = access.WRITE_ONCE
const cpu_relax = access.cpu_relax
const fetch_add = access.fetch_add
const futex_wake = access.futex_wake
const ktime_get_ns = access.ktime_get_ns
const SPIN_POLLS = access.SPIN_POLLS
const LOCK_READ = trace.LOCK_READ
const might_sleep = trace.might_sleep
const trace_lock_acquire = trace.trace_lock_acquire
const trace_lock_acquired = trace.trace_lock_acquired
const trace_lock_release = trace.trace_lock_release

export const robust_rwsem = struct('robust_rwsem', {
  gate: embed(robust_mutex),
  closed: word,
  left: word,
  /** Address of the first slot. */
  slots: word,
  threads: word,
  /** Of the class, for those that wait asynchronously. */
  told: word,
})
type RwSem = Addr<'robust_rwsem'>
const CLOSED = 3 // robust_rwsem.closed
const LEFT = 4 // robust_rwsem.left
const SLOTS = 5 // robust_rwsem.slots
const THREADS = 6 // robust_rwsem.threads
const WORDS = 8 // robust_rwsem.words
/** Readers and writers are one lock to lockdep: the gate begins where the semaphore does. */
const DEP_MAP = 2 // robust_mutex.dep_map

/** The gate comes first. */
function gate(sem: RwSem): Addr<'robust_mutex'> {
  return as(sem)
}

const ANNOUNCED = 1
const INSIDE = 2
/** In the flags of a slot: its thread waits to read. */
const WANT = FLAGS
/** How often a thread can be inside at a time. */
const MOST_READS = WANT - 1

/** Makes a free semaphore for threads 0 to `threads` - 1, with a zeroed cache line for each from `slots` on. */
export function robust_rwsem_init(sem: RwSem, slots: number, threads: number, name: string): void {
  for (let i = 0; i < WORDS; i++) write(sem + i, 0)
  robust_mutex_init(gate(sem), name)
  write(sem + SLOTS, slots)
  write(sem + THREADS, threads)
}

/** For how many threads it was made; 0 if never. */
export function robust_rwsem_threads(sem: RwSem): number {
  return read(sem + THREADS)
}

function slot_of(sem: RwSem, slot: number): number {
  return read(sem + SLOTS) + slot * CACHE_LINE_WORDS
}

/** True if somebody reads or writes at this moment: a hint. */
export function robust_rwsem_is_locked(sem: RwSem): boolean {
  return READ_ONCE(sem + CLOSED) === INSIDE || first_reader(sem, 0) !== 0
}

/** Calls `visit` with every slot, until it returns true. */
function find_slot(sem: RwSem, visit: (slot: number) => boolean): number {
  const first = read(sem + SLOTS)
  const end = first + read(sem + THREADS) * CACHE_LINE_WORDS
  for (let at = first; at < end; at += CACHE_LINE_WORDS) if (visit(at)) return at
  return 0
}

/** Takes over a slot from a thread that has ended. Each thread calls it once, before anything else. */
export function robust_rwsem_join(sem: RwSem, slot: number): void {
  set_slot(sem, slot_of(sem, slot), 0)
}

/** Enters for reading unless a writer is inside or waits. Returns true if it did. */
export function robust_read_trylock(sem: RwSem, slot: number): boolean {
  if (!try_read(sem, slot_of(sem, slot))) return false
  trace_lock_acquire(sem, sem + DEP_MAP, 0, true, LOCK_READ, 0)
  push_read(sem)
  trace_lock_acquired(sem)
  return true
}

/**
 * Enters for reading within `timeoutNs`; a thread that is inside already must not.
 * @returns 0; -ETIME; -EOWNERDEAD: it is not inside, a writer ended inside, and somebody must take the write side to repair;
 *   -ENOTRECOVERABLE
 */
export function robust_down_read(sem: RwSem, slot: number, ended: Ended, timeoutNs: number = NEVER): number {
  might_sleep()
  trace_lock_acquire(sem, sem + DEP_MAP, 0, false, LOCK_READ, 0)
  const at = slot_of(sem, slot)
  const result = try_read(sem, at) ? 0 : read_slow(sem, at, ended, timeoutNs)
  if (result === 0) {
    push_read(sem)
    trace_lock_acquired(sem)
  } else trace_lock_release(sem, sem + DEP_MAP)
  return result
}

function try_read(sem: RwSem, at: number): boolean {
  const was = READ_ONCE(at) & FLAGS
  if (was === MOST_READS) throw too_many('robust_down_read', sem, `${MOST_READS} reads of a thread`)
  WRITE_ONCE(at, current_owner() | (was + 1))
  if (READ_ONCE(sem + CLOSED) === 0) return true
  set_slot(sem, at, was)
  return false
}

function read_slow(sem: RwSem, at: number, ended: Ended, timeoutNs: number): number {
  for (let polls = SPIN_POLLS; polls > 0 && READ_ONCE(sem + CLOSED) !== 0; polls--) cpu_relax()
  const deadline = deadline_in(timeoutNs)
  // It waits for whoever has the gate, which begins where the semaphore does.
  set_blocked(sem, BLOCKED_MUTEX)
  const want = current_owner() | WANT
  for (;;) {
    // order: WANT before closed is read; pairs with `open`.
    WRITE_ONCE(at, want)
    const result = wait_for_grant(sem, at, ended, deadline)
    const granted = cmpxchg(at, want, 0) !== want
    if (!granted && result === 0 && !try_read(sem, at)) continue
    clear_blocked()
    return granted ? 0 : result
  }
}

/** Sleeps until it is let in, or the semaphore is open. */
function wait_for_grant(sem: RwSem, at: number, ended: Ended, deadline: number): number {
  const want = current_owner() | WANT
  const since = ktime_get_ns()
  let ask = since + ASK_NS
  while (READ_ONCE(at) === want && READ_ONCE(sem + CLOSED) !== 0) {
    if (robust_mutex_is_lost(gate(sem))) return -ENOTRECOVERABLE
    if (robust_mutex_is_orphan(gate(sem))) return -EOWNERDEAD
    park(at, want, Math.min(ask, deadline))
    const now = ktime_get_ns()
    if (now >= deadline) return -ETIME
    if (now < ask) continue
    robust_rwsem_look(sem, ended, now - since)
    ask = now + (now - since)
  }
  return 0
}

/** Leaves as a reader, one time. */
export function robust_up_read(sem: RwSem, slot: number): void {
  const at = slot_of(sem, slot)
  const seen = READ_ONCE(at)
  if ((seen & FLAGS) === 0) throw unlock_by_stranger('robust_up_read', sem, 0)
  trace_lock_release(sem, sem + DEP_MAP)
  pop_read(sem)
  set_slot(sem, at, (seen & FLAGS) - 1)
}

/** Takes the gate within `timeoutNs`: as the one reader that may be upgraded, or on the way to write. Returns as robust_mutex_lock. */
export function robust_gate_lock(sem: RwSem, ended: Ended, timeoutNs: number = NEVER): number {
  const since = ktime_get_ns()
  const slice = (owner: number, waitedNs: number): boolean => {
    // An owner that has ended without writing leaves nothing to repair: this asks again, with its slots.
    if (READ_ONCE(sem + CLOSED) === INSIDE) return ended(owner, waitedNs)
    robust_rwsem_look(sem, ended, ktime_get_ns() - since)
    return false
  }
  return robust_mutex_lock(gate(sem), slice, timeoutNs)
}

/** robust_gate_lock without waiting. */
export function robust_gate_trylock(sem: RwSem): number {
  return robust_mutex_trylock(gate(sem))
}

/**
 * The gate's holder becomes the writer within `timeoutNs`; its own reads do not count.
 * @returns 0; -ETIME; -EAGAIN if there are readers and `timeoutNs` is 0: then nobody was kept out. It has the gate in any case
 */
export function robust_gate_close(sem: RwSem, slot: number, ended: Ended, timeoutNs: number = NEVER): number {
  const since = ktime_get_ns()
  const deadline = deadline_in(timeoutNs)
  const own = slot_of(sem, slot)
  let ask = since + ASK_NS
  let polls = SPIN_POLLS
  if (timeoutNs === 0 && first_reader(sem, own) !== 0) return -EAGAIN
  WRITE_ONCE(sem + CLOSED, ANNOUNCED)
  for (;;) {
    // order: left before the slots; pairs with set_slot.
    const left = READ_ONCE(sem + LEFT)
    const reader = first_reader(sem, own)
    if (reader === 0) break
    if (timeoutNs === 0 || ktime_get_ns() >= deadline) {
      open(sem)
      return -ETIME
    }
    if (polls-- > 0) {
      cpu_relax()
      continue
    }
    set_blocked(sem, BLOCKED_RWSEM_WRITE)
    park(sem + LEFT, left, Math.min(ask, deadline))
    clear_blocked()
    const now = ktime_get_ns()
    if (now < ask) continue
    bury_readers(sem, ended, now - since)
    ask = now + (now - since)
  }
  if ((READ_ONCE(own) & FLAGS) !== 0) pop_read(sem)
  WRITE_ONCE(own, 0)
  WRITE_ONCE(sem + CLOSED, INSIDE)
  return 0
}

/** The gate's holder reads, beside others: 1, or not: 0. */
export function robust_gate_read(sem: RwSem, slot: number, reads: number): void {
  if (reads > 0) push_read(sem)
  else if ((READ_ONCE(slot_of(sem, slot)) & FLAGS) !== 0) pop_read(sem)
  WRITE_ONCE(slot_of(sem, slot), reads === 0 ? 0 : current_owner() | reads)
}

/** The writer lets readers in. It has the gate still. Throws an Oops if the caller has not, and lets nobody in then. */
export function robust_gate_open(sem: RwSem): void {
  const seen = READ_ONCE(gate(sem))
  if ((seen & ~FLAGS) !== current_owner()) throw unlock_by_stranger('robust_gate_open', sem, seen)
  open(sem)
}

/** Gives the gate back. Throws an Oops if the caller does not hold it. */
export function robust_gate_unlock(sem: RwSem): void {
  robust_mutex_unlock(gate(sem))
}

/** The writer gives the semaphore up for ever. */
export function robust_rwsem_give_up(sem: RwSem): void {
  robust_mutex_give_up(gate(sem))
  wake_waiting(sem)
}

/** What a waiter does that has slept for a while: whoever has ended is cleared away. */
export function robust_rwsem_look(sem: RwSem, ended: Ended, waitedNs: number): void {
  const owner = READ_ONCE(sem) & ~FLAGS
  bury_readers(sem, ended, waitedNs)
  if (owner <= 0 || READ_ONCE(sem + CLOSED) === INSIDE) {
    robust_mutex_look(gate(sem), ended, waitedNs)
    if (robust_mutex_is_orphan(gate(sem))) wake_waiting(sem)
  } else if (ended(owner, waitedNs)) {
    // closed cannot change any more. Who becomes the owner in its place opens for it.
    const inside = READ_ONCE(sem + CLOSED) === INSIDE
    if (inside || !robust_mutex_inherit(gate(sem), owner, current_owner())) return
    open(sem)
    robust_mutex_unlock(gate(sem))
  }
}

/** A reader that is inside, but for the slot `own`; 0 if there is none. */
function first_reader(sem: RwSem, own: number): number {
  return find_slot(sem, (at) => {
    const flags = READ_ONCE(at) & FLAGS
    return at !== own && flags !== 0 && flags !== WANT
  })
}

function bury_readers(sem: RwSem, ended: Ended, waitedNs: number): void {
  find_slot(sem, (at) => {
    const seen = READ_ONCE(at)
    if ((seen & FLAGS) === 0 || (seen & ~FLAGS) === current_owner()) return false
    if (!ended(seen & ~FLAGS, waitedNs) || cmpxchg(at, seen, 0) !== seen) return false
    fetch_add(sem + LEFT, 1)
    futex_wake(sem + LEFT, ALL)
    return false
  })
}

/** Writes a slot of this thread; a writer that waits is told of its end. */
function set_slot(sem: RwSem, at: number, reads: number): void {
  WRITE_ONCE(at, reads === 0 ? 0 : current_owner() | reads)
  if (reads !== 0 || READ_ONCE(sem + CLOSED) === 0) return
  fetch_add(sem + LEFT, 1)
  futex_wake(sem + LEFT, ALL)
}

function open(sem: RwSem): void {
  WRITE_ONCE(sem + CLOSED, 0)
  find_slot(sem, (at) => {
    const seen = READ_ONCE(at)
    if ((seen & FLAGS) === WANT && cmpxchg(at, seen, (seen & ~FLAGS) | 1) === seen) futex_wake(at, ALL)
    return false
  })
}

function wake_waiting(sem: RwSem): void {
  find_slot(sem, (at) => {
    if ((READ_ONCE(at) & FLAGS) === WANT) futex_wake(at, ALL)
    return false
  })
}
