/**
 * What an operation does to a word, and which operations do not commute. Every reduction rests on this relation.
 *
 * Invariant  the relation is a valid happens-before (Abdulla et al.): if p → r holds in E·p·r and q does not depend on
 *            p, then p → r still holds in E·p·q·r. Two refinements that look harmless break it, and lose traces without
 *            changing a verdict: a futex_wait that returns "mismatch" is still QUEUES, and two wake-ups that woke
 *            nobody still depend on each other. The program fuzzer (fuzz.ts) compares trace sets; run it after any change.
 * Source     Abdulla, Aronis, Jonsson, Sagonas, "Source sets", JACM 2017.
 */

// Operations. The plain ones and the notes never appear in a trace; they are kinds of log entries (engine/log.ts).
export const LOAD = 1
export const STORE = 2
export const ADD = 3
export const SUB = 4
export const OR = 5
export const AND = 6
export const XOR = 7
export const XCHG = 8
export const CAS = 9
export const WAIT = 10
export const WAKE = 11
export const RELAX = 12
/** A sleeper that was woken runs again. */
export const RESUME = 13
/** A sleeper's time-out passes. */
export const TIMEOUT = 14
/** A choice among alternatives that nobody else sees: it commutes with everything. */
export const CHOOSE = 15
/** The body has returned: nothing is pending. */
export const NOTHING = 0

/** Names of operations by number, for reports. */
export const OP_NAMES = [
  'nothing',
  'READ_ONCE',
  'WRITE_ONCE',
  'fetch_add',
  'fetch_sub',
  'fetch_or',
  'fetch_and',
  'fetch_xor',
  'xchg',
  'cmpxchg',
  'futex_wait',
  'futex_wake',
  'cpu_relax',
  'resume',
  'timeout',
  'choose',
] as const

// Classes of events, as bits.
export const READS = 1
export const WRITES = 2
/** Enters or leaves the wait queue of the word. */
export const QUEUES = 4
/** Takes sleepers out of the wait queue of the word. */
export const WAKES = 8
/** The word's value did change. */
export const CHANGED = 16
/** cpu_relax: reads every word read since the last cpu_relax. */
export const SPINS = 32
/** A time-out that could fire only because nothing else could run: everything before it happens before it. */
export const BARRIER = 64
/** A read that races with plain writes on purpose: they are no events, so nobody knows who meets here. */
export const UNORDERED = 128

/** True if two events of these classes on one word do not commute. */
export function dependent(x: number, y: number): boolean {
  if ((x & WRITES) !== 0 && (y & (READS | WRITES)) !== 0) return true
  if ((y & WRITES) !== 0 && (x & READS) !== 0) return true
  if ((x & QUEUES) !== 0 && (y & (QUEUES | WAKES)) !== 0) return true
  return (x & WAKES) !== 0 && (y & (QUEUES | WAKES)) !== 0
}
