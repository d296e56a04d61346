/**
 * ww_mutex: mutexes that are taken in any order, several at a time, without deadlock: who would close a circle backs off.
 *
 * Each task takes its set under an acquire context, whose stamp says how old it is. Who wants a lock that another context holds:
 *   wait-die     older: waits. Younger, with locks in hand: -EDEADLK.
 *   wound-wait   younger: waits. Older: wounds the holder, which gets -EDEADLK from its next lock that is not free, also when
 *                it sleeps there already.
 * After -EDEADLK the task gives back all it has, takes the contended lock first (ww_mutex_lock with nothing in hand only waits),
 * then the others again, with the same, by now older, stamp.
 *
 * State    owner: 0, me, me | WAITERS, as in spinlock.ts. stamp: the holder's context, 0 none or not known yet.
 *          seq: counted up, and slept on, whenever a waiter must look again: unlock, or a new holder whose age matters.
 * Ages     what a sleeper decided holds for the holder it saw. Every change of holder wakes all sleepers, or finds none asleep.
 * Lost wake-ups  a waiter reads seq, sets WAITERS, then reads the stamp. A new holder writes the stamp, then reads WAITERS.
 *          One of them sees the other; what happens after seq was read makes the sleep a mismatch.
 *          A wounded sleeper sleeps on another lock: the wounder repeats its wake-up every WOUND_NS while the lock is not free.
 * Lifetime unlock counts `seq` up after it has let the lock go: it may be freed only when every unlock of it has returned.
 * Context  may sleep. wound-wait needs task_structs; a memory without them has wait-die.
 * Source   kernel/locking/ww_mutex.h, Documentation/locking/ww-mutex-design.rst
 */
import {
  cmpxchg,
  current_owner,
  current_task,
  fetch_add,
  futex_wake,
  read,
  READ_ONCE,
  write,
  WRITE_ONCE,
} from '#access'
import {
  LOCK_WRITE,
  might_sleep,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_contended,
  trace_lock_init,
  trace_lock_release,
} from '#trace'
import type { Addr } from '../base/addr.ts'
import { EALREADY, EDEADLK, EINTR } from '../base/errno.ts'
import { ptr, struct, word } from '../mem/layout.ts'
import { BLOCKED_MUTEX, clear_blocked, set_blocked, task_of, task_struct } from '../mem/task.ts'
import { owner_cpu, unlock_by_stranger, WAITERS } from './owner_word.ts'
import { ALL, deadline_in, NEVER, or_signal, park, signal_pending } from './park.ts'
import { ww_acquire_ctx } from './ww_acquire.ts'

export const ww_mutex = struct('ww_mutex', {
  owner: word,
  seq: word,
  stamp: word,
  /** Context of the holder, for the holder's own use. */
  ctx: ptr('ww_acquire_ctx'),
  dep_map: word,
})
type WwMutex = Addr<'ww_mutex'>
type Ctx = Addr<'ww_acquire_ctx'>
const { seq: SEQ, stamp: STAMP, ctx: CTX, dep_map: DEP_MAP } = ww_mutex.offset
const { stamp: CTX_STAMP, acquired: ACQUIRED, wait_die: WAIT_DIE } = ww_acquire_ctx.offset
/** In the task_struct: the stamp that was wounded, and the seq word that the task sleeps on. */
const WOUNDED = task_struct.offset.wait_node + 14
const SLEEPS_ON = task_struct.offset.wait_node + 15
const WOUND_NS = 1_000_000

/** Makes a free lock. `name` is the text of the init site. */
export function ww_mutex_init(lock: WwMutex, name: string): void {
  for (let i = 0; i < ww_mutex.words; i++) write(lock + i, 0)
  trace_lock_init(lock, lock + DEP_MAP, name)
}

/**
 * Takes the lock under a context (0: without one, like a mutex).
 * @returns 0; -EALREADY if the context has it; -EDEADLK if the context must back off
 */
export function ww_mutex_lock(lock: WwMutex, ctx: Ctx): number {
  return acquire(lock, ctx, false)
}

/** ww_mutex_lock that returns -EINTR when a signal is or becomes pending while it sleeps. */
export function ww_mutex_lock_interruptible(lock: WwMutex, ctx: Ctx): number {
  return acquire(lock, ctx, true)
}

/** Takes the lock if it is free. Returns true if it was. */
export function ww_mutex_trylock(lock: WwMutex, ctx: Ctx): boolean {
  if (cmpxchg(lock, 0, current_owner()) !== 0) return false
  trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, ctx)
  settle(lock, ctx)
  return true
}

/** Gives the lock back. Throws an Oops if the caller does not hold it. */
export function ww_mutex_unlock(lock: WwMutex): void {
  const me = current_owner()
  const seen = READ_ONCE(lock)
  if ((seen & ~WAITERS) !== me) throw unlock_by_stranger('ww_mutex_unlock', lock, seen)
  trace_lock_release(lock, lock + DEP_MAP)
  const ctx = read(lock + CTX)
  if (ctx !== 0) write(ctx + ACQUIRED, read(ctx + ACQUIRED) - 1)
  WRITE_ONCE(lock + STAMP, 0)
  if (cmpxchg(lock, me, 0) === me) return
  WRITE_ONCE(lock, 0)
  fetch_add(lock + SEQ, 1)
  // All of them: a newcomer may take the lock before any has come, and whoever slept on would judge it by our age.
  futex_wake(lock + SEQ, ALL)
}

function acquire(lock: WwMutex, ctx: Ctx, interruptible: boolean): number {
  might_sleep()
  if (ctx !== 0 && READ_ONCE(lock + STAMP) === read(ctx + CTX_STAMP)) return -EALREADY
  trace_lock_acquire(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, ctx)
  if (cmpxchg(lock, 0, current_owner()) !== 0) {
    trace_lock_contended(lock)
    set_blocked(lock, BLOCKED_MUTEX)
    const error = wait(lock, ctx, interruptible)
    clear_blocked()
    if (error !== 0) {
      trace_lock_release(lock, lock + DEP_MAP)
      return error
    }
  }
  settle(lock, ctx)
  return 0
}

/** The lock is ours: say whose it is, and let waiters draw their conclusions from our age. */
function settle(lock: WwMutex, ctx: Ctx): void {
  write(lock + CTX, ctx)
  if (ctx !== 0) {
    const acquired = read(ctx + ACQUIRED)
    // The first in hand: a wound that is left from before has been answered, and nobody can know our stamp yet.
    if (acquired === 0 && read(ctx + WAIT_DIE) === 0) WRITE_ONCE(current_task() + WOUNDED, 0)
    write(ctx + ACQUIRED, acquired + 1)
    WRITE_ONCE(lock + STAMP, read(ctx + CTX_STAMP))
    // order: stamp before WAITERS; pairs with `wait`.
    if ((READ_ONCE(lock) & WAITERS) !== 0) {
      fetch_add(lock + SEQ, 1)
      futex_wake(lock + SEQ, ALL)
    }
  }
  trace_lock_acquired(lock)
}

function wait(lock: WwMutex, ctx: Ctx, interruptible: boolean): number {
  for (;;) {
    // order: seq, then WAITERS, then the stamp.
    const seq = READ_ONCE(lock + SEQ)
    const seen = READ_ONCE(lock)
    if (seen === 0) {
      if (cmpxchg(lock, 0, current_owner() | WAITERS) === 0) return 0
      continue
    }
    if ((seen & WAITERS) === 0 && cmpxchg(lock, seen, seen | WAITERS) !== seen) continue
    const stamp = READ_ONCE(lock + STAMP)
    const holder = task_of(owner_cpu(seen))
    // Every wake-up is for all: whoever gives up has taken none from another.
    if (ctx !== 0 && must_back_off(ctx, stamp)) return -EDEADLK
    if (interruptible && signal_pending()) return -EINTR
    const wounds = ctx !== 0 && may_wound(ctx, stamp)
    if (wounds) wound(holder, stamp)
    sleep(lock, seq, wounds, ctx, interruptible)
  }
}

/** Positive if a is younger than b. */
function younger(a: number, b: number): number {
  return (a - b) | 0
}

function must_back_off(ctx: Ctx, stamp: number): boolean {
  if (read(ctx + ACQUIRED) === 0) return false
  const mine = read(ctx + CTX_STAMP)
  if (read(ctx + WAIT_DIE) === 0) return READ_ONCE(current_task() + WOUNDED) === mine
  return stamp !== 0 && younger(mine, stamp) > 0
}

function may_wound(ctx: Ctx, stamp: number): boolean {
  return read(ctx + WAIT_DIE) === 0 && stamp !== 0 && younger(stamp, read(ctx + CTX_STAMP)) > 0
}

function wound(holder: number, stamp: number): void {
  WRITE_ONCE(holder + WOUNDED, stamp)
  const word = READ_ONCE(holder + SLEEPS_ON)
  if (word !== 0) futex_wake(word, ALL)
}

function sleep(lock: WwMutex, seq: number, wounds: boolean, ctx: Ctx, interruptible: boolean): void {
  const deadline = wounds ? deadline_in(WOUND_NS) : NEVER
  const task = current_task()
  const wounded = task !== 0 && ctx !== 0 && read(ctx + WAIT_DIE) === 0
  if (wounded) WRITE_ONCE(task + SLEEPS_ON, lock + SEQ)
  if (!wounded || READ_ONCE(task + WOUNDED) !== read(ctx + CTX_STAMP) || read(ctx + ACQUIRED) === 0) {
    park(lock + SEQ, seq, interruptible ? or_signal(deadline) : deadline)
  }
  if (wounded) WRITE_ONCE(task + SLEEPS_ON, 0)
}
