/**
 * The last things that each thread did to a user's lock, kept until something is found wrong: what has led to it is in the report
 * then, and the explorer can begin there (`explore --near`).
 *
 * Order   by one counter of all threads, which each takes when its operation is over: of two that come together, either may come first. A
 *         call comes before whatever its thread does next, and takes nothing from the counter, which threads contend for.
 * Cost    some 50 ns an operation and 40 a call.
 * Same    what a thread does over and over must not push out how it came there: of the same in a row, two are kept, and a whole round
 *         that is as the one before it, with nobody else doing anything meanwhile, is forgotten.
 */
import { CALLS, eventText, OPERATIONS, WHATS } from '../../results/own_events.ts'
import { MARGIN } from './control.ts'

/** Events of each thread. */
const KEPT = 128
const FROZEN = 0
/** On a cache line of its own. */
const NEXT = 16
const FIRST = 32
/** Words of an event: its order, what it is, the word of the lock, the result. */
const ENTRY = 4

// As they were before `hear` has put others in their place.
const { add, load, store, wait } = Atomics

const WAIT = WHATS.indexOf('wait')
const WOKEN = WHATS.indexOf('woken')

type View = Int32Array<SharedArrayBuffer>
type Operation = (view: View, index: number, x?: number, y?: number) => number | bigint
type Waiting = typeof Atomics.wait

function baseOf(thread: number): number {
  return FIRST + thread * KEPT * ENTRY
}

/** Memory for the events of so many threads. */
export function eventBytes(threads: number): number {
  return 4 * baseOf(threads)
}

/** From now on nothing is kept any more, or, with false, it is again. */
export function freeze(words: Int32Array, frozen = true): void {
  store(words, FROZEN, frozen ? 1 : 0)
}

/** What is kept, in order, as a report has it. */
export function eventLines(words: Int32Array, threads: number): string[] {
  const next = load(words, NEXT)
  const found: { readonly ago: number; readonly text: string }[] = []
  for (let at = FIRST; at < baseOf(threads); at += ENTRY) {
    const [order = 0, number = 0, word = 0, value = 0] = words.subarray(at, at + ENTRY)
    const what = WHATS[number - 1]
    if (what === undefined) continue
    const thread = Math.floor((at - FIRST) / (KEPT * ENTRY))
    const isCall = number <= CALLS.length
    // The counter wraps; what is kept is not that old.
    found.push({
      ago: (2 * next - order) >>> 0,
      text: eventText(isCall ? { thread, what } : { thread, what, word, value }),
    })
  }
  return found.toSorted((a, b) => b.ago - a.ago).map(({ text }) => text)
}

/** Keeps what one thread does. */
export class Recorder {
  readonly #words: Int32Array
  readonly #base: number
  /** Events that have been kept, and the operations among them. */
  #count = 0
  #operations = 0
  // The last event, and how often it has come in a row.
  #what = -1
  #word = 0
  #value = 0
  #times = 0
  // The round that goes on: where it has begun, and a hash of it; and that of the one before it.
  #first = 0
  #firstOperation = 0
  #firstOrder = 0
  #hash = 0
  #before = 0

  constructor(words: Int32Array, thread: number) {
    this.#words = words
    this.#base = baseOf(thread)
  }

  /** Did this to a word. @param what an index of WHATS */
  did(what: number, word: number, value: number): void {
    const words = this.#words
    if (load(words, FROZEN) !== 0) return
    const same = what === this.#what && word === this.#word && value === this.#value
    this.#times = same ? this.#times + 1 : 1
    if (this.#times > 2) return
    this.#what = what
    this.#word = word
    this.#value = value
    this.#hash = Math.imul(this.#hash ^ (what + (word << 5) + (value << 10)), 0x0100_0193)
    this.#operations++
    this.#put(what, word, value, 2 * add(words, NEXT, 1) + 1)
  }

  /** Calls this function of the lock, which begins a round or goes on with one. */
  calls(what: number, begins: boolean): void {
    const words = this.#words
    if (load(words, FROZEN) !== 0) return
    const now = load(words, NEXT)
    if (begins) this.#nextRound(now)
    this.#what = -1
    this.#hash = Math.imul(this.#hash ^ what, 0x0100_0193)
    this.#put(what, 0, 0, 2 * now)
  }

  #nextRound(now: number): void {
    const alone = ((now - this.#firstOrder) | 0) === this.#operations - this.#firstOperation
    // Where nobody has done anything since, it is as if it had not been.
    if (alone && this.#hash === this.#before) this.#count = this.#first
    this.#first = this.#count
    this.#firstOperation = this.#operations
    this.#firstOrder = now
    this.#before = this.#hash
    this.#hash = 0
  }

  #put(what: number, word: number, value: number, order: number): void {
    const words = this.#words
    const at = this.#base + (this.#count++ % KEPT) * ENTRY
    words[at] = order
    words[at + 1] = what + 1
    words[at + 2] = word
    words[at + 3] = value
  }

  /** Something is wrong: what is kept stays. */
  freeze(): void {
    freeze(this.#words)
  }
}

/** Where elements of views lie in the memory of a lock. Threads use few views, mostly one. */
class Words {
  readonly #memory: SharedArrayBuffer
  #view: View | undefined
  /** Word of its first element, and words of each. */
  #first = 0
  #size = 1

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
  }

  /** The view is one of the lock's memory. */
  has(view: View): boolean {
    if (view === this.#view) return true
    if (view.buffer !== this.#memory) return false
    this.#view = view
    this.#first = view.byteOffset / 4 - MARGIN
    this.#size = view.BYTES_PER_ELEMENT / 4
    return true
  }

  /** Word that an element of the view lies in that has just been looked at. */
  of(index: number): number {
    return Math.floor(this.#first + index * this.#size)
  }
}

function small(value: number | bigint): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0
}

/**
 * From now on what this thread does by Atomics to the memory of the lock is kept, and `asleep` hears of sleeps without a time-out:
 * 1 + the word, 0 when they end.
 */
export function hear(memory: SharedArrayBuffer, recorder: Recorder, asleep: (word: number) => void): void {
  const words = new Words(memory)
  for (const name of OPERATIONS) {
    const what = WHATS.indexOf(name)
    const native = Atomics[name] as Operation
    const heard: Operation = (view, index, x, y) => {
      const value = native(view, index, x, y)
      if (words.has(view)) recorder.did(what, words.of(index), small(value))
      return value
    }
    Object.assign(Atomics, { [name]: heard })
  }
  const heard = (
    view: View,
    index: number,
    value: number,
    timeout: number = Infinity,
  ): ReturnType<Waiting> => {
    if (!words.has(view)) return wait(view, index, value, timeout)
    const word = words.of(index)
    const forEver = !(timeout < Infinity)
    recorder.did(WAIT, word, small(value))
    if (forEver) asleep(1 + word)
    try {
      const ended = wait(view, index, value, timeout)
      if (ended !== 'not-equal') recorder.did(WOKEN, word, ended === 'ok' ? 0 : 1)
      return ended
    } finally {
      if (forEver) asleep(0)
    }
  }
  Atomics.wait = heard as Waiting
}
