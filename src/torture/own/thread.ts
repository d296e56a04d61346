/**
 * One thread of a torture of a user's lock: takes the lock in every way it has, checks that it is alone, gives it back.
 *
 * Checks   those of locktorture: a writer finds no writer and no reader inside, a reader finds no writer and no update.
 * Sleep    Atomics.wait is wrapped on this thread: main must be able to tell who sleeps on which word of the lock, without asking.
 */
import { Rng } from '../../base/rng.ts'
import { broughtNamed } from '../../define/brought.ts'
import { loadFile } from '../../define/load.ts'
import type { Lock } from '../../define/lock.ts'
import { HALT, STOP, torture_task } from '../control.ts'
import * as c from './control.ts'

/** A function of the user's answered what its kind does not answer. */
export class WrongAnswer extends Error {
  override readonly name: string = 'WrongAnswer'
}

const NAP_MS = 0.05
const MOST_TIMED_MS = 3
const wait = Atomics.wait.bind(Atomics)
type Waited = ReturnType<typeof wait>

/** From now on, main hears of who sleeps on a word of the lock. */
function hearWaits({ memory, control, thread }: c.OwnThread): void {
  const words = new Int32Array(control)
  const at = c.slotOf(thread) + c.ASLEEP
  const heard = (view: Int32Array, index: number, value: number, timeout: number = Infinity): Waited => {
    if (view.buffer !== memory || timeout < Infinity) return wait(view, index, value, timeout)
    Atomics.store(words, at, 1 + view.byteOffset / 4 + index - c.MARGIN)
    try {
      return wait(view, index, value, timeout)
    } finally {
      Atomics.store(words, at, 0)
    }
  }
  Atomics.wait = heard as typeof Atomics.wait
}

class Thread {
  readonly #lock: Lock
  readonly #with: c.OwnThread
  readonly #view: Int32Array
  readonly #control: Int32Array
  readonly #slot: number
  readonly #rng: Rng
  readonly #of: number

  constructor(lock: Lock, given: c.OwnThread) {
    const { memory, control, thread, seed, kinds } = given
    this.#lock = lock
    this.#with = given
    this.#view = new Int32Array(memory, c.MARGIN * 4)
    this.#control = new Int32Array(control)
    this.#slot = c.slotOf(thread)
    this.#rng = new Rng(seed, thread)
    this.#of = kinds.reduce((sum, { tasks }) => sum + tasks, 0)
  }

  run(): void {
    if (this.#with.thread === 0 && this.#lock.init !== undefined) {
      this.#doing(c.IN_CALL + c.CALLS.indexOf('init'))
      this.#lock.init(this.#view)
    }
    while (this.#turn()) {
      if (this.#with.reader) this.#share()
      else this.#write()
    }
    this.#doing(c.ENDED)
  }

  /** Parks while the test halts. Says that it works before it looks again: main trusts who is parked once it has halted the test. */
  #turn(): boolean {
    let phase = Atomics.load(this.#control, c.PHASE)
    while (phase === HALT) {
      this.#doing(c.PARKED)
      wait(this.#control, c.PHASE, HALT)
      this.#doing(c.AT_WORK)
      phase = Atomics.load(this.#control, c.PHASE)
    }
    return phase !== STOP
  }

  #write(): void {
    const { tryLock, lockFor, recursive = false } = this.#lock
    const way = this.#rng.below(6)
    if (way === 0 && tryLock !== undefined) {
      this.#count('tried')
      if (this.#call('tryLock')) this.#inside()
      else this.#count('refused')
    } else if (way === 1 && lockFor !== undefined) {
      this.#count('timed')
      if (this.#call('lockFor', this.#rng.below(MOST_TIMED_MS))) this.#inside()
      else this.#count('timed_out')
    } else {
      this.#call('lock')
      this.#inside(recursive && way === 2)
    }
  }

  /** In the critical section, and out of it. */
  #inside(again = false): void {
    const { thread } = this.#with
    const words = this.#control
    if (Atomics.load(words, c.WRITING) !== 0) this.#count('fail_writer_writer')
    Atomics.store(words, c.WRITING, thread + 1)
    if (Atomics.load(words, c.READING) !== 0) this.#count('fail_writer_reader')
    words[c.GUARDED] = (words[c.GUARDED] as number) + 1
    this.#count('acquired_write')
    this.#delay()
    if (again) {
      this.#call('lock')
      this.#count('again')
      this.#call('unlock')
    }
    Atomics.store(words, c.LAST, thread + 1)
    Atomics.store(words, c.WRITING, 0)
    this.#call('unlock')
  }

  #share(): void {
    const words = this.#control
    this.#call('lockShared')
    Atomics.add(words, c.READING, 1)
    const before = Atomics.load(words, c.GUARDED)
    if (Atomics.load(words, c.WRITING) !== 0) this.#count('fail_reader_writer')
    this.#count('acquired_read')
    this.#delay()
    if (Atomics.load(words, c.GUARDED) !== before) this.#count('fail_reader_writer')
    Atomics.store(words, c.LAST, this.#with.thread + 1)
    Atomics.sub(words, c.READING, 1)
    this.#call('unlockShared')
  }

  /** Stays inside for a while, now and then. */
  #delay(): void {
    const { longHoldMs } = this.#with
    if (longHoldMs > 0 && this.#oneIn(200_000)) this.#nap(longHoldMs)
    if (this.#oneIn(1000)) this.#nap(NAP_MS)
  }

  #nap(ms: number): void {
    wait(this.#control, this.#slot, 0, ms)
  }

  #oneIn(n: number): boolean {
    return this.#rng.below(n * this.#of) === 0
  }

  /** Calls a function of the user's. Returns whether the lock was taken. */
  #call(name: Exclude<c.Call, 'init'>, ms = 0): boolean {
    const start = performance.now()
    this.#doing(c.IN_CALL + c.CALLS.indexOf(name))
    const answer: unknown = this.#lock[name]?.(this.#view, this.#with.thread, ms)
    this.#doing(c.AT_WORK)
    this.#tookMs(performance.now() - start)
    const asked = name === 'tryLock' || name === 'lockFor'
    if (asked && typeof answer !== 'boolean')
      throw new WrongAnswer(`${name} must return true or false, and returned ${typeof answer}`)
    if (typeof (answer as { then?: unknown } | undefined)?.then === 'function')
      throw new WrongAnswer(`${name} must block until it is done, and returned a promise`)
    return answer !== false
  }

  #tookMs(ms: number): void {
    const at = this.#slot + c.LONGEST
    const us = Math.round(ms * 1000)
    if (us > (this.#control[at] as number)) this.#control[at] = us
  }

  #doing(what: number): void {
    Atomics.store(this.#control, this.#slot + c.DOING, what)
  }

  #count(counter: c.Counter): void {
    const at = this.#slot + torture_task.offset.counters + c.COUNTERS.indexOf(counter)
    Atomics.store(this.#control, at, (Atomics.load(this.#control, at) + 1) | 0)
  }
}

/** Runs a thread to its end. Throws what the user's code throws. */
export async function runThread(given: c.OwnThread): Promise<void> {
  hearWaits(given)
  await loadFile({ kind: 'lock', url: given.url })
  new Thread(broughtNamed('lock', given.lock) as Lock, given).run()
}
