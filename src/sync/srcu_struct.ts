/**
 * srcu_struct: the words of a sleepable-RCU domain. Readers and the counters: srcu.ts; grace periods: srcu_gp.ts.
 */
import type { Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS } from '../base/constants.ts'
import { embed, ptr, struct, word } from '../mem/layout.ts'
import { owner_lock } from './owner_lock.ts'

export const srcu_struct = struct('srcu_struct', {
  /** Index that new readers use, in bit 0. */
  idx: word,
  /** Grace-period sequence; see srcu_gp.ts. */
  gp_seq: word,
  /** Counters, one cache line per slot. */
  sda: word,
  /** CPU number & slot_mask is the slot: all ones in an arena, where each CPU has its own. */
  slot_mask: word,
  slots: word,
  /** Tasks that wait for somebody else's grace period. */
  followers: word,
  /** Newest grace period that somebody asked for with start_poll_synchronize_srcu. */
  gp_needed: word,
  /** Owner word of the task that drives the grace period: a hint for reports. */
  gp_owner: word,
  /** Callbacks not yet run, newest first. */
  callbacks: ptr('rcu_head'),
  /** Held while callbacks run. */
  cb_lock: embed(owner_lock),
  dep_map: word,
})
export type Srcu = Addr<'srcu_struct'>

/** One reader's step: bit 0 of an unlock counter is a flag. */
export const SRCU_STEP = 2
/** Words from a lock counter to the unlock counter of the same index. */
export const UNLOCKS = 2
/** Words of one slot. */
export const SRCU_SLOT_WORDS = CACHE_LINE_WORDS
