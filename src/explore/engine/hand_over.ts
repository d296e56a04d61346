/**
 * The words through which the scheduler and one real CPU hand the token to and fro. Only one of them runs at a time.
 *
 * Protocol  the scheduler writes a grant, counts GO up and waits for DONE; the CPU does what it was granted, goes on to its
 *           next schedule point, writes what it wants to do there, counts DONE up and waits for GO.
 */

/** Counted up by the scheduler: the CPU may go on. */
export const GO = 0
/** Counted up by the CPU: it has stopped again. */
export const DONE = 1
/** What the scheduler grants. */
export const GRANT = 2
/** Why the CPU has stopped. */
export const STATE = 3
/** The operation it will do next. */
export const OP = 4
export const ADDR = 5
export const X = 6
export const Y = 7
/** What its last operation returned. */
export const RESULT = 8
/** Entries in the journal. */
export const COUNT = 9
/** A double: time-out of a wait, or what the scheduler answers. At 10 and 11. */
export const DOUBLE = 10
/** Characters of the message of what the body threw. */
export const TEXT = 12
/** Journal: what the CPU did since it was granted, three words each: kind, address, value. */
export const JOURNAL = 16
export const ENTRY = 3
const ENTRIES = 1 << 14
/** Message, after the journal. */
export const MESSAGE = JOURNAL + ENTRIES * ENTRY
export const MESSAGE_WORDS = 512
export const HAND_OVER_WORDS = MESSAGE + MESSAGE_WORDS

// Grants.
/** Run the body from its start. */
export const START = 1
/** Perform the operation on the hardware. */
export const PERFORM = 2
/** The operation has been done; DOUBLE is what it returned. */
export const ANSWER = 3
/** The execution is over: unwind. */
export const GIVE_UP = 4

// States.
/** At a schedule point. */
export const AT_POINT = 1
/** Wants to know the time. */
export const AT_CLOCK = 2
export const RETURNED = 3
export const THREW = 4

/** Operand Y of a LOAD that may race. */
export const RACY = 1

/** Most entries of the journal. */
export function journalFull(count: number): boolean {
  return count >= ENTRIES
}

/** Waits until the word differs from `seen`. False after `ms`. */
export function waitChange(words: Int32Array, at: number, seen: number, ms = Infinity): boolean {
  while (Atomics.load(words, at) === seen) {
    if (Atomics.wait(words, at, seen, ms) === 'timed-out') return false
  }
  return true
}

/** Hands the token over. */
export function handOver(words: Int32Array, at: number): void {
  Atomics.add(words, at, 1)
  Atomics.notify(words, at)
}
