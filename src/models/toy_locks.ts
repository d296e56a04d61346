/**
 * Small locks for the models that show what the explorer finds: some right, some wrong on purpose. Not for use.
 */
import {
  cmpxchg,
  cpu_relax,
  fetch_add,
  fetch_sub,
  futex_wait,
  futex_wake,
  READ_ONCE,
  WRITE_ONCE,
  xchg,
} from '#access'
import { struct, word } from '../mem/layout.ts'

/** 0 free, 1 held, 2 held and somebody sleeps. Source: U. Drepper, "Futexes are tricky", mutex2. */
export const toy_mutex = struct('toy_mutex', { state: word })

/** Takes it; sleeps until it can. */
export function toy_lock(lock: number): void {
  let seen = cmpxchg(lock, 0, 1)
  if (seen === 0) return
  if (seen !== 2) seen = xchg(lock, 2)
  while (seen !== 0) {
    futex_wait(lock, 2)
    seen = xchg(lock, 2)
  }
}

/** Gives it back, and wakes one if somebody sleeps. */
export function toy_unlock(lock: number): void {
  if (xchg(lock, 0) === 2) futex_wake(lock, 1)
}

export const naive_mutex = struct('naive_mutex', { held: word, waiters: word })

/** WRONG: counts waiters in a second word, which the unlocker reads before it frees the lock. */
export function naive_lock(lock: number): void {
  while (cmpxchg(lock, 0, 1) !== 0) {
    fetch_add(lock + 1, 1)
    futex_wait(lock, 1)
    fetch_sub(lock + 1, 1)
  }
}

/** WRONG: see naive_lock. */
export function naive_unlock(lock: number): void {
  const waiters = READ_ONCE(lock + 1)
  WRITE_ONCE(lock, 0)
  if (waiters > 0) futex_wake(lock, 1)
}

/** Test-and-test-and-set. */
export function toy_spin_lock(lock: number): void {
  while (cmpxchg(lock, 0, 1) !== 0) while (READ_ONCE(lock) !== 0) cpu_relax()
}

/** Gives it back. */
export function toy_spin_unlock(lock: number): void {
  WRITE_ONCE(lock, 0)
}

export const toy_srcu = struct('toy_srcu', {
  idx: word,
  lock0: word,
  lock1: word,
  unlock0: word,
  unlock1: word,
})
const LOCKS = toy_srcu.offset.lock0
const UNLOCKS = toy_srcu.offset.unlock0

/** Enters a read section. Returns its index. */
export function toy_srcu_read_lock(ss: number): number {
  const idx = READ_ONCE(ss) & 1
  fetch_add(ss + LOCKS + idx, 1)
  return idx
}

/** Leaves it. */
export function toy_srcu_read_unlock(ss: number, idx: number): void {
  fetch_add(ss + UNLOCKS + idx, 1)
}

/** Waits until every reader of one side has left. Unlocks are read first, as in Linux. */
function toy_srcu_drain(ss: number, idx: number): void {
  for (;;) {
    const unlocks = READ_ONCE(ss + UNLOCKS + idx)
    if (READ_ONCE(ss + LOCKS + idx) === unlocks) return
    cpu_relax()
  }
}

/** Drains the idle side, flips, drains the other. */
export function toy_synchronize_srcu(ss: number): void {
  const idx = READ_ONCE(ss) & 1
  toy_srcu_drain(ss, idx ^ 1)
  WRITE_ONCE(ss, idx ^ 1)
  toy_srcu_drain(ss, idx)
}

/** WRONG: does not drain the idle side, where a reader that read `idx` long ago may just arrive. */
export function toy_synchronize_srcu_once(ss: number): void {
  const idx = READ_ONCE(ss) & 1
  WRITE_ONCE(ss, idx ^ 1)
  toy_srcu_drain(ss, idx)
}
