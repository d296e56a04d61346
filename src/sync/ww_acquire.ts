/**
 * ww_acquire_ctx: the set of ww_mutexes that one task is taking, and its age.
 *
 * Rules    one task, one context at a time; the context lives until its last lock is given back. Fields are the task's own;
 *          others know the stamp from the locks.
 * Source   include/linux/ww_mutex.h
 */
import { current_task, fetch_add, read, write } from '#access'
import {
  LOCK_WRITE,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_init,
  trace_lock_release,
} from '#trace'
import type { Addr } from '../base/addr.ts'
import { Oops } from '../base/kernel_error.ts'
import { struct, word } from '../mem/layout.ts'

/** What the locks of one kind share. */
export const ww_class = struct('ww_class', {
  /** Newest stamp given out. */
  stamp: word,
  /** 1: wait-die, 0: wound-wait. */
  wait_die: word,
})
export const ww_acquire_ctx = struct('ww_acquire_ctx', {
  /** Age: smaller is older. Never 0. */
  stamp: word,
  /** Locks in hand. */
  acquired: word,
  wait_die: word,
  dep_map: word,
})
type Ctx = Addr<'ww_acquire_ctx'>
const { stamp: STAMP, acquired: ACQUIRED, wait_die: WAIT_DIE, dep_map: DEP_MAP } = ww_acquire_ctx.offset
const CLASS_WAIT_DIE = ww_class.offset.wait_die

/**
 * Makes a class. The choice between the two ways to resolve a conflict is made here, for all of its locks. In a memory
 * without tasks it is always wait-die.
 */
export function ww_class_init(ww: Addr<'ww_class'>, wait_die: boolean): void {
  write(ww, 0)
  write(ww + CLASS_WAIT_DIE, wait_die || current_task() === 0 ? 1 : 0)
}

/** Begins a set of locks of the class. `name` is the text of the class. */
export function ww_acquire_init(ctx: Ctx, ww: Addr<'ww_class'>, name: string): void {
  let stamp = (fetch_add(ww, 1) + 1) | 0
  if (stamp === 0) stamp = (fetch_add(ww, 1) + 1) | 0
  write(ctx + STAMP, stamp)
  write(ctx + ACQUIRED, 0)
  write(ctx + WAIT_DIE, read(ww + CLASS_WAIT_DIE))
  write(ctx + DEP_MAP, 0)
  trace_lock_init(ctx, ctx + DEP_MAP, name)
  trace_lock_acquire(ctx, ctx + DEP_MAP, 0, false, LOCK_WRITE, 0)
  trace_lock_acquired(ctx)
}

/** Ends the set. Throws an Oops if a lock is still in hand. */
export function ww_acquire_fini(ctx: Ctx): void {
  const left = read(ctx + ACQUIRED)
  if (left !== 0) throw new Oops(`ww_acquire_fini: ${left} locks are still held`, 'BUG: ww_mutex context')
  trace_lock_release(ctx, ctx + DEP_MAP)
}

/** Locks in hand. */
export function ww_acquired(ctx: Ctx): number {
  return read(ctx + ACQUIRED)
}
