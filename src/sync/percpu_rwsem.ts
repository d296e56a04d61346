/**
 * percpu_rw_semaphore: for data that is read all the time and written hardly ever. A reader writes only its own cache line;
 * a writer visits every CPU.
 *
 * State of a slot   counts readers by 2; bit 0 CLOSED: a writer is inside or on its way in.
 *          A reader adds 2 and learns from the same step whether it was CLOSED; if so it takes the step back, and wakes the
 *          writer that may have seen it.
 * Writer   takes `queue`, closes every slot, then waits on each until its count is 0: from then on nobody is inside. Opens the
 *          slots and gives `queue` back at the end.
 * Readers that find it closed take `queue` as well, step in while no writer can be, and give it back. So writers and waiting
 *          readers take turns by the rules of owner_lock, and neither starves.
 * Lost wake-ups  the writer sleeps on a slot whose value it has seen with CLOSED in it; a reader that leaves it changes it and
 *          wakes, because it saw CLOSED.
 * Lifetime readers get in again CPU by CPU, while percpu_up_write still gives `queue` back: it may be freed by a reader only when
 *          that has returned; by the writer that comes last at once. Readers of one CPU must not exceed 2^30: each holds a step.
 * Rules    not recursive: a reader inside a reader hangs if a writer comes between. A reader leaves on the CPU it entered on.
 * Context  may sleep (trylock does not).
 * Source   kernel/locking/percpu-rwsem.c; without its grace period, because here each step reads the flag it writes beside.
 */
import * as access from '#access'
import * as trace from '#trace'
import type { Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { ENOMEM } from '../base/errno.ts'
import { num_possible_cpus } from '../mem/arena.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { alloc_percpu, free_percpu } from '../mem/percpu.ts'
import * as task from '../mem/task.ts'
import { owner_lock, owner_lock_acquire, owner_lock_release } from './owner_lock.ts'
import { FLAGS, unlock_by_stranger } from './owner_word.ts'
import { ALL } from './park.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const cmpxchg = access.cmpxchg
const current_owner = access.current_owner
const fetch_add = access.fetch_add
const fetch_and = access.fetch_and
const fetch_or = access.fetch_or
const fetch_sub = access.fetch_sub
const futex_wait = access.futex_wait
const futex_wake = access.futex_wake
const read = access.read
const READ_ONCE = access.READ_ONCE
const smp_processor_id = access.smp_processor_id
const write = access.write
const LOCK_READ = trace.LOCK_READ
const LOCK_WRITE = trace.LOCK_WRITE
const might_sleep = trace.might_sleep
const trace_lock_acquire = trace.trace_lock_acquire
const trace_lock_acquired = trace.trace_lock_acquired
const trace_lock_contended = trace.trace_lock_contended
const trace_lock_init = trace.trace_lock_init
const trace_lock_release = trace.trace_lock_release
const BLOCKED_PERCPU_RWSEM = task.BLOCKED_PERCPU_RWSEM
const clear_blocked = task.clear_blocked
const pop_read = task.pop_read
const push_read = task.push_read
const set_blocked = task.set_blocked

export const percpu_rw_semaphore = struct('percpu_rw_semaphore', {
  /** Held by a writer, and by a waiting reader while it steps in. */
  queue: embed(owner_lock),
  /** Counters, one cache line per CPU. */
  slots: word,
  dep_map: word,
})
type PercpuRwsem = Addr<'percpu_rw_semaphore'>
const SLOTS = percpu_rw_semaphore.offset.slots
const DEP_MAP = percpu_rw_semaphore.offset.dep_map
const queueOf = percpu_rw_semaphore.at.queue
const STRIDE = CACHE_LINE_WORDS
const STEP = 2
const CLOSED = 1

/** Makes a free semaphore. `name` is the text of the init site. Returns 0 or -ENOMEM. */
export function percpu_init_rwsem(sem: PercpuRwsem, name: string): number {
  const slots = alloc_percpu(STRIDE)
  if (slots === 0) return -ENOMEM
  for (let i = 0; i < percpu_rw_semaphore.words; i++) write(sem + i, 0)
  write(sem + SLOTS, slots)
  trace_lock_init(sem, sem + DEP_MAP, name)
  return 0
}

/** Gives the counters back. Nobody may use the semaphore any more. */
export function percpu_free_rwsem(sem: PercpuRwsem): void {
  free_percpu(read(sem + SLOTS), STRIDE)
  write(sem + SLOTS, 0)
}

/** Enters as a reader; sleeps while a writer is inside. */
export function percpu_down_read(sem: PercpuRwsem): void {
  might_sleep()
  trace_lock_acquire(sem, sem + DEP_MAP, 0, false, LOCK_READ, 0)
  if (!step_in(sem)) read_slow(sem)
  push_read(sem)
  trace_lock_acquired(sem)
}

/** Enters as a reader unless a writer is inside or on its way. Returns true if it did. */
export function percpu_down_read_trylock(sem: PercpuRwsem): boolean {
  if (!step_in(sem)) return false
  trace_lock_acquire(sem, sem + DEP_MAP, 0, true, LOCK_READ, 0)
  push_read(sem)
  trace_lock_acquired(sem)
  return true
}

/** Leaves as a reader. */
export function percpu_up_read(sem: PercpuRwsem): void {
  trace_lock_release(sem, sem + DEP_MAP)
  pop_read(sem)
  step_out(slot(sem, smp_processor_id()))
}

/** Shuts readers out and waits until they have left. */
export function percpu_down_write(sem: PercpuRwsem): void {
  might_sleep()
  trace_lock_acquire(sem, sem + DEP_MAP, 0, false, LOCK_WRITE, 0)
  owner_lock_acquire(queueOf(sem), sem, BLOCKED_PERCPU_RWSEM)
  close(sem)
  set_blocked(sem, BLOCKED_PERCPU_RWSEM)
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) wait_empty(slot(sem, cpu))
  clear_blocked()
  trace_lock_acquired(sem)
}

/** Enters as a writer if nobody is inside. Returns true if it did. Visits every CPU. */
export function percpu_down_write_trylock(sem: PercpuRwsem): boolean {
  if (cmpxchg(queueOf(sem), 0, current_owner()) !== 0) return false
  close(sem)
  let inside = 0
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) inside |= READ_ONCE(slot(sem, cpu)) & ~CLOSED
  if (inside !== 0) {
    open(sem)
    return false
  }
  trace_lock_acquire(sem, sem + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired(sem)
  return true
}

/** Lets readers in again. Throws an Oops if the caller is not the writer, and lets nobody in then. */
export function percpu_up_write(sem: PercpuRwsem): void {
  const seen = READ_ONCE(queueOf(sem))
  if ((seen & ~FLAGS) !== current_owner()) throw unlock_by_stranger('percpu_up_write', sem, seen)
  trace_lock_release(sem, sem + DEP_MAP)
  open(sem)
}

function slot(sem: PercpuRwsem, cpu: number): number {
  return read(sem + SLOTS) + cpu * STRIDE
}

function step_in(sem: PercpuRwsem): boolean {
  const here = slot(sem, smp_processor_id())
  if ((fetch_add(here, STEP) & CLOSED) === 0) return true
  step_out(here)
  return false
}

function step_out(here: number): void {
  if ((fetch_sub(here, STEP) & CLOSED) !== 0) futex_wake(here, ALL)
}

function read_slow(sem: PercpuRwsem): void {
  trace_lock_contended(sem)
  owner_lock_acquire(queueOf(sem), sem, BLOCKED_PERCPU_RWSEM)
  // No writer is inside, none can come: every slot is open.
  fetch_add(slot(sem, smp_processor_id()), STEP)
  owner_lock_release(queueOf(sem))
}

function close(sem: PercpuRwsem): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) fetch_or(slot(sem, cpu), CLOSED)
}

function open(sem: PercpuRwsem): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) fetch_and(slot(sem, cpu), ~CLOSED)
  owner_lock_release(queueOf(sem))
}

function wait_empty(here: number): void {
  for (let seen = READ_ONCE(here); seen !== CLOSED; seen = READ_ONCE(here)) futex_wait(here, seen)
}
