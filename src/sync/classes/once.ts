/** Once: once.ts over any shared memory, and a number that is made once. */
import { read, write } from '#access'
import { wrongType } from '../../base/arguments.ts'
import { once_done, once_end, once_enter, once_try } from '../once.ts'
import { checkFunction, checkResult, checkSync, type NoPromise } from './arguments.ts'
import { toldWay, waiting, type WaitOptions } from './asynchronous.ts'
import { recursion, where } from './misuse.ts'
import { tell } from './told.ts'
import { SizedObject } from './shared.ts'

const TOLD = 1 // once.words
const LOW = 2
const HIGH = 3

const WORDS = HIGH + 1

/**
 * Something is done exactly once, and nobody passes before it is done.
 *
 * Throws   what the function throws comes out where it ran, and the next one tries.
 * Zeroed   words are one that is not done.
 * Freed    when every call on it has returned, in all threads.
 */
export class Once extends SizedObject<'once'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Once'

  /**
   * Returns when `fn` has been run, by this thread (then true) or by another. If it throws, the error comes out here and the
   * next one tries. `fn` may use other objects of this library.
   */
  run<T>(fn: () => T, ...hint: NoPromise<T>): boolean
  run(fn: () => unknown): boolean {
    checkSync(this, 'run', fn)
    return this.#run('run', () => {
      checkResult(this, 'run', fn())
    })
  }

  /**
   * run without blocking the thread; `fn` may be asynchronous. It runs in this thread to its end, whatever becomes of `signal`:
   * the options are about waiting for another.
   */
  async runAsync(fn: () => unknown, options: WaitOptions = {}): Promise<boolean> {
    checkFunction(this, 'runAsync', 'fn', fn)
    return this.#runAsync('runAsync', fn, options)
  }

  /** The number that `fn` returned, here or in another thread, the one time it was called. Use one of `get` and `run` per object. */
  get(fn: () => number): number {
    checkSync(this, 'get', fn)
    if (!this.done) {
      this.#run('get', () => {
        this.#keep('get', fn())
      })
    }
    return this.#value()
  }

  /** get without blocking the thread; `fn` may be asynchronous. */
  async getAsync(fn: () => number | PromiseLike<number>, options: WaitOptions = {}): Promise<number> {
    checkFunction(this, 'getAsync', 'fn', fn)
    const make = async (): Promise<void> => {
      this.#keep('getAsync', await fn())
    }
    await this.#runAsync('getAsync', make, options)
    return this.#value()
  }

  /** True if it has been run. */
  get done(): boolean {
    return this.bound(once_done)
  }

  #run(method: string, fn: () => void): boolean {
    const claimed = this.blocking(method, once_enter)
    if (claimed < 0) throw recursion(this, method)
    if (claimed === 0) return false
    let done = false
    try {
      fn()
      done = true
    } finally {
      this.#end(done)
    }
    return true
  }

  async #runAsync(method: string, fn: () => unknown, options: WaitOptions): Promise<boolean> {
    const attempt = (): boolean => once_done(this.address) || once_try(this.address) === 0
    await waiting(this, method, options, toldWay(this.address + TOLD, attempt), () => {
      if (!this.done) this.#end(false)
    })
    if (this.done) return false
    let done = false
    try {
      await fn()
      done = true
    } finally {
      this.#end(done)
    }
    return true
  }

  #end(done: boolean): void {
    this.bound((o) => {
      once_end(o, done)
      tell(o + TOLD)
    })
  }

  #keep(method: string, value: number): void {
    if (typeof value !== 'number') throw wrongType(where(this, method), 'what fn returns', 'a number', value)
    const [low, high] = new Int32Array(Float64Array.of(value).buffer)
    this.bound((o) => {
      write(o + LOW, low as number)
      write(o + HIGH, high as number)
    })
  }

  #value(): number {
    const words = this.bound((o) => Int32Array.of(read(o + LOW), read(o + HIGH)))
    return new Float64Array(words.buffer)[0] as number
  }
}
