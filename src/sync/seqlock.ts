/**
 * seqlock: readers never write and never block a writer; they try again if a writer was there.
 *
 * State    sequence even: nobody writes. Odd: a writer is inside; readers wait. Each write adds 2.
 * Rules    a reader copies words, and acts on the copy only after read_seqretry said no: what it copied may be half of two
 *          versions, so it must not follow pointers from it. Its plain reads race on purpose: use data_race for them.
 *          seqcount_t leaves the exclusion of writers to the caller, seqlock_t brings a spinlock.
 * Order    the sequence is read before and after the payload, marked; ES lets no access pass a marked one.
 * Context  readers: any, lock-free but not wait-free; after a while they sleep in short slices, because the writer may have been
 *          put aside by the host.
 * Source   include/linux/seqlock.h
 */
import * as access from '#access'
import type { Addr } from '../base/addr.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { BLOCKED_SEQCOUNT, BLOCKED_SPINLOCK, clear_blocked, set_blocked } from '../mem/task.ts'
import { spin_lock, spin_lock_init, spin_unlock, spinlock } from './spinlock.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const cpu_relax = access.cpu_relax
const fetch_add = access.fetch_add
const futex_wait = access.futex_wait
const READ_ONCE = access.READ_ONCE
const SPIN_POLLS = access.SPIN_POLLS
const WRITE_ONCE = access.WRITE_ONCE

export const seqcount = struct('seqcount', { sequence: word })
export const seqlock = struct('seqlock', { seqcount: embed(seqcount), lock: embed(spinlock) })
type Seqcount = Addr<'seqcount'>
type Seqlock = Addr<'seqlock'>
const count = seqlock.at.seqcount
const lockOf = seqlock.at.lock
const NAP_NS = 50_000

/** Makes a counter that nobody writes under. */
export function seqcount_init(s: Seqcount): void {
  WRITE_ONCE(s, 0)
}

/** Begins to read: waits out a writer and returns the sequence for read_seqcount_retry. */
export function read_seqcount_begin(s: Seqcount): number {
  const seen = READ_ONCE(s)
  return (seen & 1) === 0 ? seen : wait_even(s, s, BLOCKED_SEQCOUNT)
}

/** `what` and `kind` are published while it sleeps: what is known of the writer. */
function wait_even(s: Seqcount, what: number, kind: number): number {
  for (let polls = SPIN_POLLS; polls > 0; polls--) {
    const seen = READ_ONCE(s)
    if ((seen & 1) === 0) return seen
    cpu_relax()
  }
  set_blocked(what, kind)
  let seen = READ_ONCE(s)
  for (; (seen & 1) !== 0; seen = READ_ONCE(s)) futex_wait(s, seen, NAP_NS)
  clear_blocked()
  return seen
}

/** True if a writer came between: what was copied since begin is worthless. */
export function read_seqcount_retry(s: Seqcount, start: number): boolean {
  return READ_ONCE(s) !== start
}

/** Begins to write. The caller excludes other writers. */
export function write_seqcount_begin(s: Seqcount): void {
  fetch_add(s, 1)
}

/** Ends writing. */
export function write_seqcount_end(s: Seqcount): void {
  fetch_add(s, 1)
}

/** Makes a free seqlock. `name` is the text of the init site. */
export function seqlock_init(s: Seqlock, name: string): void {
  seqcount_init(count(s))
  spin_lock_init(lockOf(s), name)
}

/** Begins to read; see read_seqcount_begin. */
export function read_seqbegin(s: Seqlock): number {
  const seen = READ_ONCE(count(s))
  return (seen & 1) === 0 ? seen : wait_even(count(s), lockOf(s), BLOCKED_SPINLOCK)
}

/** True if the reader must try again. */
export function read_seqretry(s: Seqlock, start: number): boolean {
  return read_seqcount_retry(count(s), start)
}

/** Takes the lock and begins to write. */
export function write_seqlock(s: Seqlock): void {
  spin_lock(lockOf(s))
  write_seqcount_begin(count(s))
}

/** Ends writing and gives the lock back. */
export function write_sequnlock(s: Seqlock): void {
  write_seqcount_end(count(s))
  spin_unlock(lockOf(s))
}

/** Reads with writers shut out, for a reader that must not try again. */
export function read_seqlock_excl(s: Seqlock): void {
  spin_lock(lockOf(s))
}

/** Ends read_seqlock_excl. */
export function read_sequnlock_excl(s: Seqlock): void {
  spin_unlock(lockOf(s))
}
