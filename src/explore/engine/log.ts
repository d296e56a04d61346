/**
 * What each CPU has done so far, so that its body can be run again up to the same place without any effect: one entry of
 * two words for every access and note, a tag that says what it was and the value it returned.
 *
 * Invariant  a re-executed body asks for the same things in the same order; a tag that differs is uncontrolled
 *            nondeterminism in the code under test.
 */
import { MAX_CPUS } from './words.ts'

// Kinds of entries beside the operations of dependence.ts. A tag is `address << 5 | kind`.
export const PLAIN_LOAD = 16
export const PLAIN_STORE = 17
export const CLOCK = 18
export const ALLOC = 19
export const FREE = 20
export const LOCK_ACQUIRE = 21
export const LOCK_ACQUIRED = 22
export const LOCK_RELEASE = 23
export const MIGHT_SLEEP = 24
/** The allocator touches the insides of free objects: 1 begins, -1 ends. */
export const UNWATCHED = 25
/** A lock is set up: here its address and kind, on real workers that of its dep_map. */
export const LOCK_INIT = 26
/** A detector was told something. */
export const HEARD = 27
/** A task of the body's event loop has begun. */
export const TASK = 28
/** How many events the CPU had made. */
export const STAMP = 29
const KIND_BITS = 5

/** Most words a CPU's log holds; a body that never reaches a schedule point runs into it. */
const LIMIT = 1 << 17

/** Tag of an entry. */
export function tagOf(kind: number, addr: number): number {
  return (addr << KIND_BITS) | kind
}

/** The logs of all CPUs. */
export class Logs {
  readonly entries = Array.from({ length: MAX_CPUS }, () => new Int32Array(1024))
  /** Words used, twice the number of entries. */
  readonly length: Int32Array

  constructor(length: Int32Array) {
    this.length = length
  }

  /** Appends an entry. Returns false when the log is full. */
  push(cpu: number, kind: number, addr: number, value: number): boolean {
    const at = this.length[cpu]!
    if (at === this.entries[cpu]!.length && !this.#grow(cpu)) return false
    const log = this.entries[cpu]!
    log[at] = (addr << KIND_BITS) | kind
    log[at + 1] = value
    this.length[cpu] = at + 2
    return true
  }

  #grow(cpu: number): boolean {
    const old = this.entries[cpu]!
    if (old.length >= LIMIT) return false
    const next = new Int32Array(old.length * 2)
    next.set(old)
    this.entries[cpu] = next
    return true
  }

  /** Calls `visit` for the first `words` words of a CPU's log. */
  each(cpu: number, words: number, visit: (kind: number, addr: number, value: number) => void): void {
    const log = this.entries[cpu]!
    for (let i = 0; i < words; i += 2) {
      const tag = log[i]!
      visit(tag & ((1 << KIND_BITS) - 1), tag >> KIND_BITS, log[i + 1]!)
    }
  }
}
