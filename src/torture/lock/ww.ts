/**
 * ww_mutex as locktorture sees it: a lock that consists of three, taken in any order under a context.
 *
 * Check    whoever has all three is alone, and nobody waits for ever whatever the orders.
 * Source   kernel/locking/locktorture.c (torture_ww_mutex_lock)
 */
import { READ_ONCE, smp_processor_id } from '#access'
import { as } from '../../base/addr.ts'
import { NR_CPUS } from '../../base/constants.ts'
import { EDEADLK } from '../../base/errno.ts'
import {
  ww_acquire_ctx,
  ww_acquire_fini,
  ww_acquire_init,
  ww_class,
  ww_class_init,
} from '../../sync/ww_acquire.ts'
import { ww_mutex, ww_mutex_init, ww_mutex_lock, ww_mutex_unlock } from '../../sync/ww_mutex.ts'
import type { TortureTask } from '../task.ts'
import type { LockOps } from './ops.ts'

const MUTEXES = 3
/** Orders in which three can be taken. */
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const
const FIRST = ww_class.words
const CONTEXTS = FIRST + MUTEXES * ww_mutex.words
const WORDS = CONTEXTS + NR_CPUS * ww_acquire_ctx.words

function mutexAt(l: number, i: number): number {
  return l + FIRST + i * ww_mutex.words
}

function contextOf(l: number): number {
  return l + CONTEXTS + smp_processor_id() * ww_acquire_ctx.words
}

/** Takes the three in this order, after `first`, which is held. Returns the one that asked to back off, or -1. */
function lockRest(l: number, ctx: number, order: readonly number[], first: number): number {
  for (const [n, i] of order.entries()) {
    if (i === first) continue
    const error = ww_mutex_lock(as(mutexAt(l, i)), as(ctx))
    if (error === 0) continue
    if (error !== -EDEADLK) throw new RangeError(`ww_mutex_lock returned ${error}`)
    for (const held of order.slice(0, n)) if (held !== first) ww_mutex_unlock(as(mutexAt(l, held)))
    if (first >= 0) ww_mutex_unlock(as(mutexAt(l, first)))
    return i
  }
  return -1
}

function lockAll(l: number, task: TortureTask): void {
  const ctx = contextOf(l)
  const order = ORDERS[task.rng.below(ORDERS.length)] ?? ORDERS[0]
  ww_acquire_init(as(ctx), as(l), 'torture_ww_class')
  // Who has backed off takes the contended one first, and only waits for it, having nothing in hand.
  for (let first = lockRest(l, ctx, order, -1); first >= 0;) {
    ww_mutex_lock(as(mutexAt(l, first)), as(ctx))
    first = lockRest(l, ctx, order, first)
  }
}

function unlockAll(l: number): void {
  for (let i = 0; i < MUTEXES; i++) ww_mutex_unlock(as(mutexAt(l, i)))
  ww_acquire_fini(as(contextOf(l)))
}

function wwOps(name: string, summary: string, wait_die: boolean): LockOps {
  return {
    name,
    summary,
    words: WORDS,
    sleeps: true,
    // Who wounds a sleeper repeats its wake-up by the clock.
    naps: !wait_die,
    init: (l) => {
      ww_class_init(as(l), wait_die)
      // One class for all three, as in the kernel: their order is the contexts' business.
      for (let i = 0; i < MUTEXES; i++) ww_mutex_init(as(mutexAt(l, i)), 'torture_ww_class_mutex')
    },
    writelock: lockAll,
    writeunlock: unlockAll,
    isFree: (l, blockedOn) => {
      const i = Math.floor((blockedOn - l - FIRST) / ww_mutex.words)
      return READ_ONCE(mutexAt(l, i)) === 0
    },
  }
}

export const WW: readonly LockOps[] = [
  wwOps('ww_mutex_lock', 'three ww_mutexes in any order: wound-wait', false),
  wwOps('ww_mutex_die', 'three ww_mutexes in any order: wait-die', true),
]
