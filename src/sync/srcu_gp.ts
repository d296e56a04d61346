/**
 * SRCU grace periods: synchronize_srcu, polled cookies, and the machine behind them.
 *
 * State    gp_seq: number of the grace period in bits 3 and up; DRIVEN 4; phase in bits 0 and 1.
 *          phase   DRIVEN   meaning                                                          next
 *          IDLE    0        no grace period                                                  whoever needs one sets DRIVEN
 *          any     1        one task drives it                                               that task advances the phase
 *          SCAN1   0/1      waits until the index that nobody should use is drained          flips idx, SCAN2
 *          SCAN2   0/1      waits until the index that readers used before is drained        number + 1, IDLE
 *          SCAN1/2 0        a poller began it and could not go on without waiting            whoever comes next sets DRIVEN
 * Two drains   one index alone could be kept busy by newcomers for ever, so readers are moved to the other one (the flip).
 *          A reader may have fetched the index long ago and count itself only now, on the index that this grace period has
 *          drained. It is harmless now: its loads come after our stores. But the next grace period flips onto that index,
 *          so it drains it first.
 * Sharing  everybody takes a cookie: the first gp_seq at which a full grace period has passed. Whoever can set DRIVEN works
 *          until his own cookie is reached; the others sleep on gp_seq itself. All that a sleeper tests is in that word, and
 *          whoever clears DRIVEN wakes all afterwards if `followers` is not 0, so nobody sleeps through his end.
 * Context  may sleep, except get_state, start_poll and poll_state.
 * Source   kernel/rcu/srcutree.c (rcu_seq_snap, srcu_advance_state); liburcu (leader of a batch).
 */
import {
  cmpxchg,
  current_owner,
  cpu_relax,
  fetch_add,
  fetch_and,
  fetch_or,
  fetch_sub,
  futex_wait,
  futex_wake,
  read,
  READ_ONCE,
  SPIN_POLLS,
  write,
  WRITE_ONCE,
} from '#access'
import { might_sleep, trace_lock_sync } from '#trace'
import { BLOCKED_SRCU, clear_blocked, set_blocked } from '../mem/task.ts'
import { ALL } from './park.ts'
import { SRCU_SLOT_WORDS, UNLOCKS, type Srcu } from './srcu_struct.ts'

const IDLE = 0
const SCAN1 = 1
const SCAN2 = 2
const PHASE = 3
const DRIVEN = 4
const GP = 8
const STATE = 7
const GP_SEQ = 1 // srcu_struct.gp_seq
const SDA = 2 // srcu_struct.sda
const SLOTS = 4 // srcu_struct.slots
const FOLLOWERS = 5 // srcu_struct.followers
const DEP_MAP = 11 // srcu_struct.dep_map
const GP_NEEDED = 6 // srcu_struct.gp_needed
const GP_OWNER = 7 // srcu_struct.gp_owner
/** Rounds of polling before an expedited grace period sleeps, in units of SPIN_POLLS. */
const EXPEDITED = 16

/** Waits until every reader that is inside now has left. */
export function synchronize_srcu(ssp: Srcu): void {
  synchronize(ssp, SPIN_POLLS)
}

/** synchronize_srcu that polls longer before it sleeps. */
export function synchronize_srcu_expedited(ssp: Srcu): void {
  synchronize(ssp, SPIN_POLLS * EXPEDITED)
}

/** Cookie of a grace period that begins after this moment. Starts none. */
export function get_state_synchronize_srcu(ssp: Srcu): number {
  // order: the caller's stores before the cookie; a marked access orders both ways.
  return ((READ_ONCE(ssp + GP_SEQ) + 2 * GP - 1) & ~STATE) | 0
}

/** The same, and remembers that somebody wants it: polling and processing callbacks then drive it. */
export function start_poll_synchronize_srcu(ssp: Srcu): number {
  const cookie = get_state_synchronize_srcu(ssp)
  for (;;) {
    const needed = READ_ONCE(ssp + GP_NEEDED)
    if (((cookie - needed) | 0) <= 0 || cmpxchg(ssp + GP_NEEDED, needed, cookie) === needed) return cookie
  }
}

/**
 * True if a full grace period has passed since the cookie was taken. Never sleeps; if the grace period was started by
 * start_poll_synchronize_srcu, each call also takes it as far as it goes without waiting.
 */
export function poll_state_synchronize_srcu(ssp: Srcu, cookie: number): boolean {
  if (gp_done(ssp, cookie)) return true
  if (((READ_ONCE(ssp + GP_NEEDED) - cookie) | 0) < 0) return false
  while (try_drive(ssp)) {
    const stuck = !advance(ssp, 1, false)
    stop_driving(ssp)
    if (gp_done(ssp, cookie)) return true
    if (stuck) return false
  }
  return gp_done(ssp, cookie)
}

/** True while a grace period is under way or somebody drives one. */
export function srcu_gp_in_progress(ssp: Srcu): boolean {
  return (READ_ONCE(ssp + GP_SEQ) & STATE) !== 0
}

/** Waits for the grace period of a cookie, driving it if nobody else does. */
export function wait_for_gp(ssp: Srcu, cookie: number, polls: number): void {
  while (!gp_done(ssp, cookie)) {
    if (try_drive(ssp)) {
      while (!gp_done(ssp, cookie)) advance(ssp, polls, true)
      stop_driving(ssp)
      return
    }
    follow(ssp, cookie)
  }
}

function synchronize(ssp: Srcu, polls: number): void {
  might_sleep()
  trace_lock_sync(ssp, ssp + DEP_MAP)
  wait_for_gp(ssp, get_state_synchronize_srcu(ssp), polls)
}

function gp_done(ssp: Srcu, cookie: number): boolean {
  return ((READ_ONCE(ssp + GP_SEQ) - cookie) | 0) >= 0
}

function try_drive(ssp: Srcu): boolean {
  const seq = READ_ONCE(ssp + GP_SEQ)
  if ((seq & DRIVEN) !== 0 || cmpxchg(ssp + GP_SEQ, seq, seq | DRIVEN) !== seq) return false
  write(ssp + GP_OWNER, current_owner())
  return true
}

function stop_driving(ssp: Srcu): void {
  write(ssp + GP_OWNER, 0)
  fetch_and(ssp + GP_SEQ, ~DRIVEN)
  // order: DRIVEN before followers; pairs with follow.
  if (READ_ONCE(ssp + FOLLOWERS) !== 0) futex_wake(ssp + GP_SEQ, ALL)
}

/** Sleeps while somebody else drives. */
function follow(ssp: Srcu, cookie: number): void {
  fetch_add(ssp + FOLLOWERS, 1)
  set_blocked(ssp, BLOCKED_SRCU)
  for (;;) {
    const seq = READ_ONCE(ssp + GP_SEQ)
    if (((seq - cookie) | 0) >= 0 || (seq & DRIVEN) === 0) break
    futex_wait(ssp + GP_SEQ, seq)
  }
  clear_blocked()
  fetch_sub(ssp + FOLLOWERS, 1)
}

/**
 * Takes the grace period to its end; begins one if there is none. The caller drives.
 * @returns false if a reader is in the way and the caller will not wait
 */
function advance(ssp: Srcu, polls: number, wait: boolean): boolean {
  let seq = READ_ONCE(ssp + GP_SEQ)
  if ((seq & PHASE) === IDLE) WRITE_ONCE(ssp + GP_SEQ, (seq += SCAN1))
  if ((seq & PHASE) === SCAN1) {
    const idx = READ_ONCE(ssp) & 1
    if (!drain(ssp, idx ^ 1, polls, wait)) return false
    WRITE_ONCE(ssp, idx ^ 1)
    WRITE_ONCE(ssp + GP_SEQ, (seq += SCAN2 - SCAN1))
  }
  const old = (READ_ONCE(ssp) & 1) ^ 1
  if (!drain(ssp, old, polls, wait)) return false
  WRITE_ONCE(ssp + GP_SEQ, (seq + GP - SCAN2) | 0)
  return true
}

/** Waits until every slot's readers of `idx` have been seen gone. */
function drain(ssp: Srcu, idx: number, polls: number, wait: boolean): boolean {
  let lock = read(ssp + SDA) + idx
  for (let left = read(ssp + SLOTS); left > 0; left--) {
    // order: exits before entries; the other way round a reader that leaves and comes back would be missed.
    const exits = READ_ONCE(lock + UNLOCKS)
    if (READ_ONCE(lock) !== (exits & ~1)) {
      if (!wait) return false
      drain_slot(ssp, lock, polls)
    }
    lock += SRCU_SLOT_WORDS
  }
  return true
}

function drain_slot(ssp: Srcu, lock: number, polls: number): void {
  for (let i = 0; i < polls; i++) {
    cpu_relax()
    const exits = READ_ONCE(lock + UNLOCKS)
    if (READ_ONCE(lock) === (exits & ~1)) return
  }
  set_blocked(ssp, BLOCKED_SRCU)
  for (;;) {
    // order: the flag before the count; a reader that leaves either is counted here or sees the flag and wakes us.
    const exits = fetch_or(lock + UNLOCKS, 1) | 1
    if (READ_ONCE(lock) === (exits & ~1)) break
    futex_wait(lock + UNLOCKS, exits)
  }
  fetch_and(lock + UNLOCKS, ~1)
  clear_blocked()
}
