/** Semaphore: semaphore.ts over any shared memory. */
import * as access from '#access'
import { checkInteger } from '../../base/arguments.ts'
import * as host from '../../mem/host.ts'
import { sema_way } from '../async.ts'
import * as functions from '../semaphore.ts'
import { sema_set, sema_units } from '../semaphore.ts'
import { type NoPromise } from './arguments.ts'
import { cancelAll, checkOptions, UNITS, waiting, type UnitOptions } from './asynchronous.ts'
import { Guard } from './guard.ts'
import { madeBy, type Kind, type MadeKind } from './kind.ts'
import { refusal, where } from './misuse.ts'
import { running, runningAsync } from './running.ts'
import { SizedObject, type Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const unbind = access.unbind
const down_timeout = functions.down_timeout
const down_trylock = functions.down_trylock
const sema_give = functions.sema_give

/** Most units a semaphore can have. */
const MAX_UNITS = 2 ** 20

const WORDS = 1 // semaphore.words

/**
 * A count of units that threads take and give. Nobody owns a unit: any thread may release.
 *
 * Order    newcomers may overtake sleepers, of which the oldest is woken first. One that wants many units may wait
 *          long behind those that want few.
 * Limits   1,048,576 units; 1,023 threads that sleep at a time, and the next gets a RangeError.
 * Zeroed   words are a semaphore without units.
 * Freed    by whoever took it last, as soon as that call has returned and nobody else can be about to use it.
 */
export class Semaphore extends SizedObject<'semaphore'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Semaphore'
  /** Most units. */
  static readonly MAX_UNITS: number = MAX_UNITS

  /** Makes a semaphore of `units`, 0 to MAX_UNITS. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, units: number): Semaphore {
    return kindOf('Semaphore.init', units).init(memory, address)
  }

  /** For layout: a semaphore of that many units. */
  static of(units: number): Kind<Semaphore> {
    return kindOf('Semaphore.of', units)
  }

  /** Takes `units`; waits until they are there. */
  acquire(units: number = 1): void {
    if (!CAN_BLOCK) throw refusal(this, 'acquire')
    if (units !== 1) this.#check('acquire', units)
    bind(this.view)
    down_timeout(this.address, Infinity, units)
    unbind()
  }

  /** Takes `units` if they are there. Returns true if they were. */
  tryAcquire(units: number = 1): boolean {
    if (units !== 1) this.#check('tryAcquire', units)
    bind(this.view)
    const got = down_trylock(this.address, units) === 0
    unbind()
    return got
  }

  /** Takes `units` within `timeoutMs`. Returns true if it did. */
  acquireFor(timeoutMs: number, units: number = 1): boolean {
    this.#check('acquireFor', units)
    if (timeoutMs === 0) return this.tryAcquire(units)
    return this.timed('acquireFor', timeoutMs, (sem, ns) => down_timeout(sem, ns, units)) === 0
  }

  /** Gives `units` back, or adds new ones. Any thread may. Throws a RangeError if there would be more than MAX_UNITS. */
  release(units: number = 1): void {
    if (units !== 1) this.#check('release', units)
    bind(this.view)
    const gave = sema_give(this.address, units)
    unbind()
    if (!gave) throw tooMany()
  }

  /** Takes `units` without blocking the thread; resolves to a guard that gives them back, if that is wanted. */
  acquireAsync(options: UnitOptions = {}): Promise<Guard> {
    return this.#taken('acquireAsync', options)
  }

  /** Takes `units` and returns the guard that gives them back: `using _ = semaphore.hold()`. */
  hold(units: number = 1): Guard {
    this.acquire(units)
    return this.#guard(units)
  }

  /** hold if the units are there, otherwise undefined. */
  tryHold(units: number = 1): Guard | undefined {
    return this.tryAcquire(units) ? this.#guard(units) : undefined
  }

  /** hold within `timeoutMs`, otherwise undefined. */
  holdFor(timeoutMs: number, units: number = 1): Guard | undefined {
    return this.acquireFor(timeoutMs, units) ? this.#guard(units) : undefined
  }

  /** Runs `fn` with one unit and returns what it returns. */
  run<T>(fn: () => T, ...hint: NoPromise<T>): T
  run<T>(fn: () => T): T {
    return running(this, 'run', 'acquire', 'release', fn)
  }

  /** Holds `units`, taken without blocking the thread, until what `fn` returns is settled. */
  runAsync<T>(fn: () => T | PromiseLike<T>, options: UnitOptions = {}): Promise<T> {
    return runningAsync(this, 'runAsync', fn, () => this.#taken('runAsync', options))
  }

  /** Ends the asynchronous waits of this thread for units: they reject with a CancelledError. */
  cancel(): void {
    cancelAll(this)
  }

  /** Units that are there at this moment: a hint. */
  get units(): number {
    return this.bound(sema_units)
  }

  #check(method: string, units: number): void {
    checkInteger(where(this, method), 'units', units, 1, MAX_UNITS)
  }

  #guard(units: number): Guard {
    return new Guard(() => {
      this.release(units)
    })
  }

  async #taken(method: string, options: UnitOptions): Promise<Guard> {
    checkOptions(this, method, options, UNITS)
    const { units = 1 } = options
    this.#check(method, units)
    const undo = (): void => {
      this.release(units)
    }
    await waiting(this, method, options, sema_way(this.address, units), undo, UNITS)
    return this.#guard(units)
  }
}

function tooMany(): RangeError {
  return new RangeError(`Semaphore.release: units must be at most ${MAX_UNITS} in all, not more`)
}

function kindOf(caller: string, units: number): MadeKind<Semaphore> {
  checkInteger(caller, 'units', units, 0, MAX_UNITS)
  return madeBy(Semaphore, WORDS, (sem) => {
    sema_set(sem, units)
  })
}
