/**
 * Threads: who of those that share a memory is still there. Robust locks ask it whether an owner has ended.
 *
 * Proof    each thread has a slot with a word, `line`, on which it waits asynchronously, many times over. The engine takes such
 *          waits away when the thread's agent is gone: then nothing of it runs any more, and a notification of `line` reaches nobody.
 *          That is so for a worker that returned, threw, called process.exit or was terminated, and seen by any other thread. A
 *          thread that is slow, suspended, blocked or stopped by a debugger still has its waits.
 * State    per slot: who, 0 free, -owner on its way, owner; line, always 0; left, how many waits may be used up; asked, when
 *          somebody asked last, in ms. `who` is 0 again once the thread has ended: who is not found has ended.
 * Counting a question uses a wait up; the thread waits anew in its event loop. One that never gets there is asked, by whoever
 *          waits, as often as its holder's time doubles, and never for its last RESERVE waits: it counts as being there.
 * Limits   where an engine keeps a worker going that was told to end, as Deno does with one that computes, the thread has not ended,
 *          and keeps its locks.
 */
import {
  bind,
  cmpxchg,
  current_owner,
  fetch_add,
  fetch_sub,
  futex_wake,
  READ_ONCE,
  unbind,
  WRITE_ONCE,
} from '#access'
import { checkInteger } from '../../../base/arguments.ts'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { SyncError, UninitializedError } from '../../../base/sync_error.ts'
import type { Kind } from '../kind.ts'
import { SharedObject, type Memory } from '../shared.ts'

// Words of a slot; the first is 'who'.
const LINE = 1
const LEFT = 2
const ASKED = 3
const SLOT_WORDS = 4
/** Questions that a thread can be asked between two turns of its event loop. */
const WAITS = 96
/** Some are kept, so that two who ask at a time cannot use the last one up. */
const RESERVE = 32
/** Most threads; a robust RwSem has a cache line for each. */
const MAX_THREADS = 1024

/** Waits for notifications of a word that is always 0, as long as this thread is there. `heard` is called after each. */
function listen(view: Int32Array, at: number, heard: () => void): void {
  const wait = Atomics.waitAsync(view, at, 0)
  if (!wait.async) return
  const again = async (): Promise<void> => {
    await wait.value
    listen(view, at, heard)
    heard()
  }
  void again()
}

/** The one of each memory, by its view. */
const known = new WeakMap<Int32Array, Threads>()

/** The Threads of a memory, for a robust lock in it. */
export function threadsOf(view: Int32Array, where: string): Threads {
  const threads = known.get(view)
  if (threads !== undefined) return threads
  throw new UninitializedError(
    `${where}: a robust lock needs a Threads in its memory: make one with Threads.of(n)`,
  )
}

/**
 * Who of the threads that share a memory is still there: robust locks ask it whether an owner has ended. One per memory; every thread
 * makes its object before it uses a robust lock.
 *
 * Limits   a slow, suspended or blocked thread counts as being there, and is never robbed.
 */
export class Threads extends SharedObject<'threads'> {
  protected static override readonly NAME: string = 'Threads'
  /** Most threads. */
  static readonly MAX_THREADS: number = MAX_THREADS
  /** How many there is room for. */
  readonly capacity: number
  #slot = -1

  /** The threads of the memory, at a word of it: the same word and capacity in every thread. */
  constructor(memory: Memory, address: number, capacity: number) {
    checkInteger('new Threads', 'capacity', capacity, 1, MAX_THREADS)
    super(memory, address, Threads.words(capacity))
    const other = known.get(this.view)
    if (other !== undefined && other.address !== this.address) {
      throw new RangeError(`new Threads: a memory must have one only, and has one at word ${other.address}`)
    }
    this.capacity = capacity
    if (other === undefined) known.set(this.view, this)
  }

  /** Size in 32-bit words for that many threads. */
  static words(capacity: number): number {
    return capacity * SLOT_WORDS
  }

  /** For layout: room for that many threads at a time that use robust locks, 1 to MAX_THREADS. */
  static of(capacity: number): Kind<Threads> {
    checkInteger('Threads.of', 'capacity', capacity, 1, MAX_THREADS)
    return {
      words: Threads.words(capacity),
      at: (memory, address) => new Threads(memory, address, capacity),
    }
  }

  /**
   * Enters this thread; robust locks do it before they are taken for the first time. Costs some 200 µs.
   * @returns the index of its slot
   * @throws RangeError if the room is taken up by threads that have not ended; SyncError if the engine lacks Atomics.waitAsync
   */
  join(): number {
    const all = known.get(this.view) as this
    if (all.#slot < 0) all.#slot = this.bound(() => this.#claim())
    return all.#slot
  }

  /**
   * True if the thread that writes `owner` into lock words has ended.
   * @param waitedNs how long the asker has waited already; Infinity asks in any case
   */
  readonly hasEnded = (owner: number, waitedNs: number = Infinity): boolean => {
    bind(this.view)
    const at = this.#find(owner)
    return at === undefined || this.#ask(at, owner, waitedNs)
  }

  /** Looks whether threads have ended, and forgets those. Returns how many are there. */
  count(): number {
    return this.bound(() => this.#slots().filter((at) => this.#there(at)).length)
  }

  #slots(): number[] {
    return Array.from({ length: this.capacity }, (_, i) => this.address + i * SLOT_WORDS)
  }

  #find(owner: number): number | undefined {
    const end = this.address + this.capacity * SLOT_WORDS
    for (let at: number = this.address; at < end; at += SLOT_WORDS) if (READ_ONCE(at) === owner) return at
    return undefined
  }

  #there(at: number): boolean {
    const who = READ_ONCE(at)
    return who > 0 && (who === current_owner() || !this.#ask(at, who, Infinity))
  }

  #claim(): number {
    if (typeof Atomics.waitAsync !== 'function') {
      throw new SyncError('Threads.join: robust locks need Atomics.waitAsync, which this engine lacks')
    }
    const me = current_owner()
    for (const round of [1, 2]) {
      for (const [index, at] of this.#slots().entries()) {
        if (READ_ONCE(at) !== 0 && (round === 1 || this.#there(at))) continue
        if (cmpxchg(at, 0, -me) !== 0) continue
        for (let i = 0; i < WAITS; i++) listen(this.view, at + LINE, () => this.#heard(at))
        WRITE_ONCE(at + LEFT, WAITS)
        // order: the waits, then who; whoever finds the thread here can ask it.
        WRITE_ONCE(at, me)
        return index
      }
    }
    unbind()
    throw new RangeError(`Threads.join: the threads must be at most ${this.capacity}, and as many are there`)
  }

  /** One of the waits has been used up, and is there again. */
  #heard(at: number): void {
    this.bound(() => fetch_add(at + LEFT, 1))
  }

  /** The memory is bound. */
  #ask(at: number, owner: number, waitedNs: number): boolean {
    const now = Math.trunc(performance.timeOrigin + performance.now()) | 0
    const asked = READ_ONCE(at + ASKED)
    const pauseMs = waitedNs / NSEC_PER_MSEC / 2
    if (pauseMs !== Infinity) {
      const past = (now - asked) | 0
      if ((past >= 0 && past < pauseMs) || cmpxchg(at + ASKED, asked, now) !== asked) return false
    }
    if (fetch_sub(at + LEFT, 1) <= RESERVE) {
      fetch_add(at + LEFT, 1)
      return false
    }
    if (READ_ONCE(at) !== owner) return true
    if (futex_wake(at + LINE, 1) !== 0) return false
    cmpxchg(at, owner, 0)
    return true
  }
}
