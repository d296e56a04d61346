/**
 * ticket_lock: a spinlock that serves in order of arrival. Kept to be measured, not to be used.
 *
 * Why not   with more threads than cores the next in line is often not running, and nobody else may go: 2.4 ms per operation
 *           with 4 spinning threads on 2 cores and 7 ms with 8, where spinlock needs 0.2 µs. So this one sleeps in slices of
 *           50 µs once it has polled for 1 to 3 µs, and is still some hundred times slower than a lock that lets others barge.
 * State     next: ticket that the next comer gets; owner: ticket that is served. Free when equal. Both wrap at 2^32.
 * Context   any. The holder must not sleep.
 * Source    arch/x86/include/asm/spinlock.h, until cfd8983f03c7
 */
import * as access from '#access'
import {
  LOCK_SPINS,
  LOCK_WRITE,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_contended,
  trace_lock_init,
  trace_lock_release,
} from '#trace'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_TICKET, clear_blocked, set_blocked } from '../mem/task.ts'

const cmpxchg = access.cmpxchg
const cpu_relax = access.cpu_relax
const current_owner = access.current_owner
const fetch_add = access.fetch_add
const futex_wait = access.futex_wait
const READ_ONCE = access.READ_ONCE
const SPIN_POLLS = access.SPIN_POLLS
const write = access.write

export const ticket_lock = struct('ticket_lock', {
  owner: word,
  next: word,
  /** Who is served, for reports; 0 nobody, or nobody yet. */
  holder: word,
  dep_map: word,
})
type TicketLock = Addr<'ticket_lock'>
const HOLDER = ticket_lock.offset.holder
const NEXT = ticket_lock.offset.next
const DEP_MAP = ticket_lock.offset.dep_map
const NAP_NS = 50_000

/** Makes a free lock. `name` is the text of the init site. */
export function ticket_lock_init(lock: TicketLock, name: string): void {
  for (let i = 0; i < ticket_lock.words; i++) write(lock + i, 0)
  trace_lock_init(lock, lock + DEP_MAP, name, LOCK_SPINS)
}

/** Takes a ticket and waits for its turn. */
export function ticket_spin_lock(lock: TicketLock): void {
  trace_lock_acquire(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, 0)
  const ticket = fetch_add(lock + NEXT, 1)
  if (READ_ONCE(lock) !== ticket) wait_for_turn(lock, ticket)
  write(lock + HOLDER, current_owner())
  trace_lock_acquired(lock)
}

/** Takes the lock if nobody holds it or waits for it. Returns true if it did. */
export function ticket_spin_trylock(lock: TicketLock): boolean {
  const owner = READ_ONCE(lock)
  if (cmpxchg(lock + NEXT, owner, (owner + 1) | 0) !== owner) return false
  write(lock + HOLDER, current_owner())
  trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired(lock)
  return true
}

/** Serves the next ticket. */
export function ticket_spin_unlock(lock: TicketLock): void {
  trace_lock_release(lock, lock + DEP_MAP)
  write(lock + HOLDER, 0)
  fetch_add(lock, 1)
}

function wait_for_turn(lock: TicketLock, ticket: number): void {
  trace_lock_contended(lock)
  set_blocked(lock, BLOCKED_TICKET)
  for (let polls = 1; ; polls++) {
    const serving = READ_ONCE(lock)
    if (serving === ticket) break
    cpu_relax()
    if (polls > SPIN_POLLS) futex_wait(lock, serving, NAP_NS)
  }
  clear_blocked()
}
