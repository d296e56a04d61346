/**
 * The state of an rw_semaphore and of an rwlock: one word and the argument for it. What happens when the fast paths do not
 * suffice is in rw_slow.ts.
 *
 * State    one word: readers (bits 14 and up) · waiting readers (5 to 13) · ASYNC 16 · PHASE 8 · HANDOFF 4 · WRITER_QUEUED 2 · WRITER 1
 *
 *          readers waiting PHASE HANDOFF QUEUED WRITER   meaning
 *             0       0      p      0      0      0      free; a writer that passes clears PHASE
 *             n       0      p      0      0      0      n readers
 *             0       w      p      h      q      1      a writer; w readers wait for it
 *             n       w      p      h      1      0      n readers; a writer is announced and waits for them, w wait for it
 *             0       w      p      h      1      0      nobody inside: the announced writer is on its way; a newcomer may
 *                                                        overtake it unless HANDOFF
 *          Besides, a reader that has just added itself and found WRITER or QUEUED is counted among the readers until it
 *          moves itself to the waiting ones, in one step.
 *          ASYNC may be set in any state: somebody waits asynchronously (rw_async.ts), or to be upgraded.
 *
 * Announced writer  writers that wait queue on the owner_lock `queue`; its holder is the announced one: it sets QUEUED,
 *          sleeps on the word itself until no reader and no writer is inside, takes WRITER, clears QUEUED and lets the next
 *          one announce itself.
 * Waiting readers   remember PHASE as it was when they began to wait. A writer that ends (or downgrades) turns all waiting
 *          readers into readers and flips PHASE, in one step (G, the grant). A waiting reader is in when PHASE has flipped;
 *          the next flip needs a writer inside, who waits for it, so that one bit is enough.
 *          If the announced writer gives up, QUEUED vanishes and waiting readers admit themselves.
 * Lost wake-ups     readers sleep on `grants`, read before the state is tested; who changes the state in their favour adds
 *          to it afterwards. The announced writer sleeps on the state word: any change is a mismatch, and the last reader
 *          or writer out wakes it, if it saw QUEUED; it sleeps only on a word with QUEUED in it.
 *          Asynchronous waiters sleep on `grants`, too. Each sets ASYNC and then tries; a step in anybody's favour that finds ASYNC
 *          clears it, and adds to `grants` afterwards.
 * Fairness  a queued writer waits for the readers inside, or for one batch of them, and at most HANDOFF_NS for overtaking
 *          writers; a waiting reader for the writers that overtake each other (same bound) and one writer.
 * Ends      the sign bit of the word says that 2^17 readers are inside: it counts as NOT_READABLE, and the slow path refuses the
 *          next with a RangeError. So does the 512th waiting reader. `grants` wraps: a sleeper would have to miss 2^32 of them.
 * Lifetime  up_read touches nothing after its subtraction but the futex queue. The end of writing adds to `grants` if readers
 *          wait, after it has let them in: such a reader may free the lock only when the writer's unlock has returned.
 */
import type { Addr } from '../base/addr.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { owner_lock } from './owner_lock.ts'

/** Fields of both kinds of lock. */
const fields = {
  count: word,
  /** Owner word of the writer, 0 without one. Written by the writer only; others see a hint. */
  owner: word,
  /** Futex of waiting readers: number of grants. */
  grants: word,
  /** Writers that wait; the holder is announced. */
  queue: embed(owner_lock),
  dep_map: word,
}
export const rw_semaphore = struct('rw_semaphore', fields)
export const rwlock = struct('rwlock', fields)
/** A lock of either kind. */
export type RwLock = Addr<'rw_semaphore'> | Addr<'rwlock'>

export const WRITER = 1
export const WRITER_QUEUED = 2
export const HANDOFF = 4
export const PHASE = 8
/** Somebody waits asynchronously, or to be upgraded. */
export const ASYNC = 16
export const WAITING = 32
export const WAITING_MASK = 0x3fe0
export const READER_SHIFT = 14
export const READER = 1 << READER_SHIFT
/** Too many readers. */
export const CROWDED = 1 << 31
/** With one of these a waiting reader may not read. */
export const TAKEN = WRITER | WRITER_QUEUED
/** With one of these a newcomer may not read. */
export const NOT_READABLE = TAKEN | CROWDED

/** Readers that a state counts. */
export function readers(count: number): number {
  return count >>> READER_SHIFT
}

/** Waiting readers that a state counts. */
export function waiting(count: number): number {
  return (count & WAITING_MASK) / WAITING
}
