/**
 * One thread of a torture of a user's lock: takes the lock in every way it has, checks that it is alone, gives it back.
 *
 * Checks   those of locktorture: a writer finds no writer and no reader inside, a reader finds no writer and no update.
 * Atomics  the functions are wrapped on this thread: main must be able to tell who sleeps on which word of the lock, without asking,
 *          and what has led to a failure is in the report.
 */
import { Rng } from '../../base/rng.ts'
import { broughtNamed } from '../../define/brought.ts'
import { loadFile } from '../../define/load.ts'
import type { Lock } from '../../define/lock.ts'
import { HALT, STOP, torture_task } from '../control.ts'
import * as c from './control.ts'
import { hear, Recorder } from './events.ts'

/** A function of the user's answered what its kind does not answer. */
export class WrongAnswer extends Error {
  override readonly name: string = 'WrongAnswer'
}

const NAP_MS = 0.05
const MOST_TIMED_MS = 3
// As they were before they are wrapped: what is the harness's own is not heard.
const { add, load, store, sub, wait } = Atomics

class Thread {
  readonly #lock: Lock
  readonly #with: c.OwnThread
  readonly #view: Int32Array
  readonly #control: Int32Array
  readonly #slot: number
  readonly #rng: Rng
  readonly #of: number
  readonly #recorder: Recorder

  constructor(lock: Lock, given: c.OwnThread, recorder: Recorder) {
    const { memory, control, thread, seed, kinds } = given
    this.#lock = lock
    this.#with = given
    this.#recorder = recorder
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
    let phase = load(this.#control, c.PHASE)
    while (phase === HALT) {
      this.#doing(c.PARKED)
      wait(this.#control, c.PHASE, HALT)
      this.#doing(c.AT_WORK)
      phase = load(this.#control, c.PHASE)
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
    if (load(words, c.WRITING) !== 0) this.#fails('fail_writer_writer')
    store(words, c.WRITING, thread + 1)
    if (load(words, c.READING) !== 0) this.#fails('fail_writer_reader')
    words[c.GUARDED] = (words[c.GUARDED] as number) + 1
    this.#count('acquired_write')
    this.#delay()
    if (again) {
      this.#call('lock')
      this.#count('again')
      this.#call('unlock')
    }
    store(words, c.LAST, thread + 1)
    store(words, c.WRITING, 0)
    this.#call('unlock')
  }

  #share(): void {
    const words = this.#control
    this.#call('lockShared')
    add(words, c.READING, 1)
    const before = load(words, c.GUARDED)
    if (load(words, c.WRITING) !== 0) this.#fails('fail_reader_writer')
    this.#count('acquired_read')
    this.#delay()
    if (load(words, c.GUARDED) !== before) this.#fails('fail_reader_writer')
    store(words, c.LAST, this.#with.thread + 1)
    sub(words, c.READING, 1)
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
    const call = c.CALLS.indexOf(name)
    this.#doing(c.IN_CALL + call)
    this.#recorder.calls(call, !name.startsWith('unlock'))
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
    store(this.#control, this.#slot + c.DOING, what)
  }

  /** Not alone: what has led there is to stay. */
  #fails(counter: Extract<c.Counter, `fail_${string}`>): void {
    this.#recorder.freeze()
    this.#count(counter)
  }

  #count(counter: c.Counter): void {
    const at = this.#slot + torture_task.offset.counters + c.COUNTERS.indexOf(counter)
    store(this.#control, at, (load(this.#control, at) + 1) | 0)
  }
}

/** Runs a thread to its end. Throws what the user's code throws. */
export async function runThread(given: c.OwnThread): Promise<void> {
  const { thread, memory, url, lock } = given
  const control = new Int32Array(given.control)
  const recorder = new Recorder(new Int32Array(given.events), thread)
  // Before the file is loaded: it may take functions out of Atomics.
  hear(memory, recorder, (word) => store(control, c.slotOf(thread) + c.ASLEEP, word))
  await loadFile({ kind: 'lock', url })
  try {
    new Thread(broughtNamed('lock', lock) as Lock, given, recorder).run()
  } catch (error) {
    recorder.freeze()
    throw error
  }
}
