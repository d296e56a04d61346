/**
 * What the threads of a mount share beside the arena: how many of them wait for a request, and what the real kernel still
 * holds of the emulated one.
 *
 *   nodes   by address of a kernfs node: look-ups that the real kernel has not forgotten; each is one reference
 *   files   by address of an open file: 1 sysfs, 0 none
 *
 * Rules   everything by Atomics. What the real kernel has not given back when the connection ends is given back by `closing`.
 */
import { INT_MAX } from '../base/constants.ts'

/** Threads that wait for a request now. */
const IDLE = 0
/** Threads that serve, whether they wait or work. Futex of the one that closes. */
const SERVING = 1
/** Threads that have been started, and those of them that have ended. The rest serves, or is about to. */
const STARTED = 2
const ENDED = 5
/** 1: the file system is mounted, or will not be (2). Futex of threads that have come too early. */
const OPEN = 3
/** Requests answered. */
const REQUESTS = 4
/** 1: there will be no request any more. */
const OVER = 6
const COUNT = 16

/** Handed to every thread. */
export interface MountWords {
  readonly control: Int32Array
  readonly nodes: Int32Array
  readonly files: Int32Array
}

const words = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * count))

/** Makes them, for an arena of so many words. Pages that are never touched cost nothing. */
export function mountWords(arena: number): MountWords {
  return { control: words(COUNT), nodes: words(arena), files: words(arena) }
}

/** Counts of the threads, seen from one of them or from main. */
export class Threads {
  readonly #control: Int32Array

  constructor({ control }: MountWords) {
    this.#control = control
  }

  /** One more will come. Main. */
  started(): void {
    Atomics.add(this.#control, STARTED, 1)
  }

  /** This one is there. */
  comes(): void {
    Atomics.add(this.#control, SERVING, 1)
  }

  /** One has gone, of its own will or not. */
  goes(): void {
    Atomics.add(this.#control, ENDED, 1)
    Atomics.sub(this.#control, SERVING, 1)
    Atomics.notify(this.#control, SERVING, INT_MAX)
  }

  /** This one waits for a request. */
  waits(): void {
    Atomics.add(this.#control, IDLE, 1)
  }

  /** There will be no request any more. */
  over(): void {
    Atomics.store(this.#control, OVER, 1)
  }

  /**
   * True if nobody waits for a request now, and nobody is on the way to do so. Threads that leave because there will be none wait for
   * none either.
   */
  get wanted(): boolean {
    return Atomics.load(this.#control, IDLE) === 0 && this.complete && Atomics.load(this.#control, OVER) === 0
  }

  /** It has got one. True if nobody waits for the next. */
  works(): boolean {
    return Atomics.sub(this.#control, IDLE, 1) === 1
  }

  /** True if every thread that was started serves: none is on its way. */
  get complete(): boolean {
    return this.serving + Atomics.load(this.#control, ENDED) === this.begun
  }

  get serving(): number {
    return Atomics.load(this.#control, SERVING)
  }

  /** Threads that were started, those that have ended among them: a CPU serves once. */
  get begun(): number {
    return Atomics.load(this.#control, STARTED)
  }

  /** Sleeps until this thread is the only one that is left. */
  awaitOthers(): void {
    for (let seen = this.serving; seen > 1; seen = this.serving) Atomics.wait(this.#control, SERVING, seen)
  }

  /** Lets the threads begin, or leave again. Main. */
  open(mounted: boolean): void {
    Atomics.store(this.#control, OPEN, mounted ? 1 : 2)
    Atomics.notify(this.#control, OPEN, INT_MAX)
  }

  /** Sleeps until there is something to serve. False: there will not be. */
  awaitOpen(): boolean {
    while (Atomics.load(this.#control, OPEN) === 0) Atomics.wait(this.#control, OPEN, 0)
    return Atomics.load(this.#control, OPEN) === 1
  }

  answered(): void {
    Atomics.add(this.#control, REQUESTS, 1)
  }

  get requests(): number {
    return Atomics.load(this.#control, REQUESTS) >>> 0
  }
}
