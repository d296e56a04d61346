/**
 * srcu_struct: readers that may sleep, and a grace period that waits for all of them and for no newcomer.
 *
 * Reader   two counters per CPU and index, on that CPU's own cache line: lock counts entries, unlock exits. Entering and
 *          leaving are one atomic addition each, on a line that no other CPU writes. A reader leaves on the CPU it entered
 *          on (a CPU runs one task), or names that CPU in the cookie of srcu_down_read.
 * Drained  an index is drained on a CPU once unlock, read first, equals lock, read second: at some moment between no reader
 *          was inside.
 * Grace period, and why it drains twice: srcu_gp.ts. Callbacks: srcu_cb.ts.
 *
 * State of a counter   counts by 2. Bit 0 of an unlock counter: an updater sleeps on this very word; who leaves wakes it.
 *          So the reader's wake-up test is free, and it touches nothing after it has left.
 * Rules    no synchronize_srcu of a domain inside a reader of it. Readers nest. The index that lock returned goes to unlock.
 * Context  readers: any. synchronize_srcu: may sleep.
 * Source   kernel/rcu/srcutree.c; McKenney, "Sleepable RCU"; per-CPU waiting as in liburcu.
 */
import * as access from '#access'
import { futex_wake, write } from '#access'
import * as trace from '#trace'
import { LOCK_READ_RECURSIVE, LOCK_SRCU, trace_lock_init } from '#trace'
import { ENOMEM } from '../base/errno.ts'
import { num_possible_cpus } from '../mem/arena.ts'
import { alloc_percpu } from '../mem/percpu.ts'
import { ALL } from './park.ts'
import * as layout from './srcu_struct.ts'
import type { Srcu } from './srcu_struct.ts'

export * from './srcu_cb.ts'
export {
  get_state_synchronize_srcu,
  poll_state_synchronize_srcu,
  srcu_gp_in_progress,
  start_poll_synchronize_srcu,
  synchronize_srcu,
  synchronize_srcu_expedited,
} from './srcu_gp.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const data_race = access.data_race
const fetch_add = access.fetch_add
const read = access.read
const smp_processor_id = access.smp_processor_id
const trace_lock_acquire = access.CHECKED ? trace.trace_lock_acquire : undefined
const trace_lock_acquired = access.CHECKED ? trace.trace_lock_acquired : undefined
const trace_lock_release = access.CHECKED ? trace.trace_lock_release : undefined
const SRCU_SLOT_WORDS = layout.SRCU_SLOT_WORDS
const SRCU_STEP = layout.SRCU_STEP
const UNLOCKS = layout.UNLOCKS
export { srcu_struct } from './srcu_struct.ts'

const SDA = 2 // srcu_struct.sda
const SLOT_MASK = 3 // srcu_struct.slot_mask
const SLOTS = 4 // srcu_struct.slots
const DEP_MAP = 11 // srcu_struct.dep_map
const WORDS = 12 // srcu_struct.words

/** Makes a domain without readers. `name` is the text of the init site. Returns 0 or -ENOMEM. */
export function init_srcu_struct(ssp: Srcu, name: string): number {
  const sda = alloc_percpu(SRCU_SLOT_WORDS)
  if (sda === 0) return -ENOMEM
  init_srcu_slots(ssp, name, sda, num_possible_cpus(), -1)
  return 0
}

/** Makes a domain over zeroed counters that the caller brings, for memories without CPUs. `mask` + 1 slots are used. */
export function init_srcu_slots(ssp: Srcu, name: string, sda: number, slots: number, mask: number): void {
  for (let i = 0; i < WORDS; i++) write(ssp + i, 0)
  write(ssp + SDA, sda)
  write(ssp + SLOTS, slots)
  write(ssp + SLOT_MASK, mask)
  trace_lock_init(ssp, ssp + DEP_MAP, name, LOCK_SRCU)
}

function slot(ssp: Srcu, cpu: number): number {
  return read(ssp + SDA) + (cpu & read(ssp + SLOT_MASK)) * SRCU_SLOT_WORDS
}

/** Enters a reader. Returns the index, 0 or 1, that srcu_read_unlock wants. */
export function srcu_read_lock(ssp: Srcu): number {
  trace_lock_acquire?.(ssp, ssp + DEP_MAP, 0, false, LOCK_READ_RECURSIVE, 0)
  // A stale index is allowed for: it is why a grace period drains twice.
  const idx = data_race(ssp) & 1
  // order: the count before the reader's loads; pairs with the scan in srcu_gp.ts.
  fetch_add(slot(ssp, smp_processor_id()) + idx, SRCU_STEP)
  trace_lock_acquired?.(ssp)
  return idx
}

/** Leaves the reader. */
export function srcu_read_unlock(ssp: Srcu, idx: number): void {
  trace_lock_release?.(ssp, ssp + DEP_MAP)
  leave(slot(ssp, smp_processor_id()) + UNLOCKS + idx)
}

/** Enters a reader that another task may leave. Returns a cookie for srcu_up_read. The validator does not follow it. */
export function srcu_down_read(ssp: Srcu): number {
  const idx = data_race(ssp) & 1
  const cpu = smp_processor_id()
  fetch_add(slot(ssp, cpu) + idx, SRCU_STEP)
  return (cpu << 1) | idx
}

/** Leaves the reader of srcu_down_read, on any CPU. */
export function srcu_up_read(ssp: Srcu, cookie: number): void {
  leave(slot(ssp, cookie >> 1) + UNLOCKS + (cookie & 1))
}

function leave(unlocks: number): void {
  // order: the reader's loads before the count. Nothing but the futex queue is touched after it.
  if ((fetch_add(unlocks, SRCU_STEP) & 1) !== 0) futex_wake(unlocks, ALL)
}
