/**
 * The elements that rcutorture publishes and removes, and the proof that no reader sees a freed one.
 *
 * Pipe     an element that the writer removes has pipe_count 1; every grace period that ends afterwards adds 1; at
 *          PIPE_LEN it is free. A reader that sees its element's count at 2 or more has outlived a whole grace period: the
 *          grace period was too short. Elements are never given back to the system, so detection needs no crash.
 * Places   free list · current · removed list (of the writer) · queued with a callback. Each element is in exactly one.
 * Order    the bit lock of the free list is a leaf.
 * Source   kernel/rcu/rcutorture.c
 */
import { fetch_add, fetch_sub, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { bit_spin_lock, bit_spin_unlock } from '../../mem/bit_spinlock.ts'
import { embed, guarded_by, ptr, struct, word, words } from '../../mem/layout.ts'
import { rcu_head } from '../../sync/srcu_cb.ts'

/** Grace periods that an element sees between removal and reuse. */
export const PIPE_LEN = 10
export const POOL = 10 * PIPE_LEN

export const rcu_torture = struct('rcu_torture', {
  pipe_count: word,
  /** 1 from publication to freeing: a reader that sees 0 has overtaken its pointer. */
  mbtest: word,
  next: guarded_by('rcu_torture_lock', ptr('rcu_torture')),
  head: embed(rcu_head),
  /** State that the element belongs to, for callbacks. */
  state: ptr('rcu_torture_state'),
})
const STRIDE = CACHE_LINE_WORDS

export const rcu_torture_state = struct('rcu_torture_state', {
  current: ptr('rcu_torture'),
  domain: ptr('srcu_struct'),
  lock: word,
  free: guarded_by('rcu_torture_lock', ptr('rcu_torture')),
  nfree: guarded_by('rcu_torture_lock', word),
  removed: ptr('rcu_torture'),
  nremoved: word,
  /** Elements whose callback is queued. */
  nqueued: word,
  /** Elements that have passed each stage of the pipe. */
  wcount: words(PIPE_LEN + 1),
  version: word,
  frees: word,
  /** Readers open across CPUs: element and cookie + 1 of each; see updown.ts. */
  updown: words(2 * 64),
  /** Barrier test: round, callbacks posted in it, callbacks run in it. */
  barrier_round: word,
  barrier_posted: word,
  barrier_ran: word,
  barrier_heads: ptr('rcu_head'),
})
const AT = rcu_torture_state.offset
const ELEMENT = rcu_torture.offset

/** Makes the pool, all elements free. Boot CPU. */
export function initPool(state: number): void {
  const pool = alloc_boot(STRIDE * POOL)
  for (let i = 0; i < POOL; i++) {
    write(pool + i * STRIDE + ELEMENT.state, state)
    freeElement(state, pool + i * STRIDE)
  }
  write(state + AT.frees, 0)
}

/** Takes a free element; 0 if there is none. */
export function allocElement(state: number): number {
  bit_spin_lock(0, state + AT.lock)
  const element = read(state + AT.free)
  if (element !== 0) {
    write(state + AT.free, read(element + ELEMENT.next))
    write(state + AT.nfree, read(state + AT.nfree) - 1)
  }
  bit_spin_unlock(0, state + AT.lock)
  return element
}

/** Puts an element back. */
export function freeElement(state: number, element: number): void {
  bit_spin_lock(0, state + AT.lock)
  write(element + ELEMENT.next, read(state + AT.free))
  write(state + AT.free, element)
  write(state + AT.nfree, read(state + AT.nfree) + 1)
  write(state + AT.frees, read(state + AT.frees) + 1)
  bit_spin_unlock(0, state + AT.lock)
}

/** Publishes a fresh element; returns the one that was current, with pipe_count 1, or 0. */
export function publishElement(state: number, element: number): number {
  WRITE_ONCE(element + ELEMENT.pipe_count, 0)
  WRITE_ONCE(element + ELEMENT.mbtest, 1)
  const old = READ_ONCE(state + AT.current)
  WRITE_ONCE(state + AT.current, element)
  if (old !== 0) advance(state, old)
  return old
}

function advance(state: number, element: number): number {
  const stage = Math.min(READ_ONCE(element + ELEMENT.pipe_count), PIPE_LEN)
  fetch_add(state + AT.wcount + stage, 1)
  WRITE_ONCE(element + ELEMENT.pipe_count, stage + 1)
  return stage + 1
}

/** A grace period has ended since the element's removal. Returns true if it was the last it had to see. */
export function pipeUpdateOne(state: number, element: number): boolean {
  if (advance(state, element) < PIPE_LEN) return false
  WRITE_ONCE(element + ELEMENT.mbtest, 0)
  return true
}

/** Removes `old`; a grace period has ended: everything removed so far moves on by one stage. Writer only. */
export function pipeUpdate(state: number, old: number): void {
  write(old + ELEMENT.next, read(state + AT.removed))
  write(state + AT.removed, old)
  let kept = 0
  let n = 0
  for (let element = read(state + AT.removed); element !== 0;) {
    const next = read(element + ELEMENT.next)
    if (pipeUpdateOne(state, element)) {
      freeElement(state, element)
    } else {
      write(element + ELEMENT.next, kept)
      kept = element
      n++
    }
    element = next
  }
  write(state + AT.removed, kept)
  WRITE_ONCE(state + AT.nremoved, n)
}

/** Notes that an element's callback is queued (1) or has come to its end (-1). */
export function countQueued(state: number, by: 1 | -1): void {
  if (by > 0) fetch_add(state + AT.nqueued, 1)
  else fetch_sub(state + AT.nqueued, 1)
}

/** Elements that are nowhere: lost, or in two places if negative. Exact at rest. */
export function missingElements(state: number): number {
  const current = READ_ONCE(state + AT.current) === 0 ? 0 : 1
  const places = READ_ONCE(state + AT.nfree) + READ_ONCE(state + AT.nremoved) + READ_ONCE(state + AT.nqueued)
  return POOL - current - places
}
