/** RobustMutex: robust.ts over any shared memory. */
import * as access from '#access'
import { EDEADLK, EOWNERDEAD, ETIME } from '../../../base/errno.ts'
import * as host from '../../../mem/host.ts'
import * as functions from '../../robust.ts'
import { TURNS, waiting, type TurnOptions } from '../asynchronous.ts'
import { ExclusiveLock } from '../exclusive.ts'
import { notMine, recursion, refusal, where } from '../misuse.ts'
import { inherited, inSlices, taken, type Repair } from './inherited.ts'
import { threadsOf, type Threads } from './threads.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const unbind = access.unbind
const robust_mutex_lock = functions.robust_mutex_lock
const robust_mutex_trylock = functions.robust_mutex_trylock
const robust_mutex_release = functions.robust_mutex_release
const robust_mutex_look = functions.robust_mutex_look

/**
 * A Mutex whose owner may end while it holds it, whatever ended it. The next one that takes it runs `repair` first. Its memory must
 * have a Threads.
 *
 * Order    as of Mutex. A waiter asks after the owner when it has waited for 10 ms, and then as long again as it has waited.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class RobustMutex extends ExclusiveLock<'robust_mutex'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = 3 // robust_mutex.words
  protected static readonly NAME: string = 'RobustMutex'

  /**
   * What this thread does when it takes the lock of a thread that ended inside, before anything else under the lock. If it throws, or
   * is not set, the lock is given up: this call throws, and everybody's from then on, an UnrecoverableError.
   */
  repair: Repair | undefined
  #threads: Threads | undefined

  lock(): void {
    if (!CAN_BLOCK) throw refusal(this, 'lock')
    const { hasEnded } = this.#joined('lock')
    bind(this.view)
    const got = robust_mutex_lock(this.address, hasEnded)
    if (got !== 0) this.#settle('lock', got)
    unbind()
  }

  tryLock(): boolean {
    this.#joined('tryLock')
    bind(this.view)
    const got = robust_mutex_trylock(this.address)
    if (got !== 0 && got !== -ETIME) this.#settle('tryLock', got)
    unbind()
    return got !== -ETIME
  }

  lockFor(timeoutMs: number): boolean {
    if (timeoutMs === 0) return this.tryLock()
    const { hasEnded } = this.#joined('lockFor')
    const got = this.timed('lockFor', timeoutMs, (lock, ns) => robust_mutex_lock(lock, hasEnded, ns))
    return this.#settle('lockFor', got)
  }

  unlock(): void {
    bind(this.view)
    const gave = robust_mutex_release(this.address)
    unbind()
    if (!gave) throw notMine(this, 'unlock', this.address)
    this.mine.guard = undefined
  }

  /** True if somebody holds it at this moment, also a thread that has ended: a hint. */
  get locked(): boolean {
    return this.bound(functions.robust_mutex_is_locked)
  }

  /** True if it was given up. */
  get isUnrecoverable(): boolean {
    return this.bound(functions.robust_mutex_is_lost)
  }

  protected async take(method: string, options: TurnOptions): Promise<void> {
    const { hasEnded } = this.#joined(method)
    let got = 0
    const attempt = (): number | undefined => {
      got = functions.robust_mutex_async_try(this.address)
      return got > 0 ? got : undefined
    }
    const giveUp = (): void => {
      functions.robust_mutex_async_end(this.address)
    }
    const way = inSlices(this.view, { word: this.address, attempt, giveUp }, (waitedNs) => {
      robust_mutex_look(this.address, hasEnded, waitedNs)
    })
    const settle = (): void => {
      this.#settle(method, got)
    }
    const undo = (): void => {
      settle()
      this.unlock()
    }
    await waiting(this, method, options, way, undo, TURNS)
    settle()
  }

  #joined(method: string): Threads {
    if (this.#threads !== undefined) return this.#threads
    const threads = threadsOf(this.view, where(this, method))
    threads.join()
    return (this.#threads = threads)
  }

  /** Returns true if the lock is taken and what it guards is whole. */
  #settle(method: string, got: number): boolean {
    if (got === -EDEADLK) {
      unbind()
      throw recursion(this, method)
    }
    const caller = where(this, method)
    if (got === -EOWNERDEAD) {
      this.mine.guard = undefined
      inherited(caller, this.mine.name, this.repair, this.view, () => {
        functions.robust_mutex_give_up(this.address)
      })
    }
    return taken(got, caller, this.mine.name)
  }
}
