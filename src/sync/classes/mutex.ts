/** Mutex: mutex.ts over any shared memory. */
import * as access from '#access'
import * as host from '../../mem/host.ts'
import { mutex_way } from '../async.ts'
import * as functions from '../mutex.ts'
import { TURNS, waiting, type TurnOptions } from './asynchronous.ts'
import { ExclusiveLock } from './exclusive.ts'
import { notMine, recursion, refusal } from './misuse.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const unbind = access.unbind
const mutex_lock_timeout = functions.mutex_lock_timeout
const mutex_release = functions.mutex_release

const WORDS = 3 // mutex.words

/**
 * One owner at a time; waiters sleep.
 *
 * Order    newcomers may overtake sleepers, of which the oldest is woken first; one that has waited too long is handed
 *          the lock.
 * Freed    by whoever took it last, as soon as that call has returned and nobody else can be about to use it.
 */
export class Mutex extends ExclusiveLock<'mutex'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'Mutex'

  lock(): void {
    if (!CAN_BLOCK) throw refusal(this, 'lock')
    bind(this.view)
    const error = mutex_lock_timeout(this.address, Infinity)
    unbind()
    if (error !== 0) throw recursion(this, 'lock')
  }

  tryLock(): boolean {
    bind(this.view)
    const got = functions.mutex_trylock(this.address)
    unbind()
    return got
  }

  unlock(): void {
    bind(this.view)
    const gave = mutex_release(this.address)
    unbind()
    if (!gave) throw notMine(this, 'unlock', this.address)
    this.mine.guard = undefined
  }

  /** True if somebody holds it at this moment: a hint. */
  get locked(): boolean {
    return this.bound(functions.mutex_is_locked)
  }

  lockFor(timeoutMs: number): boolean {
    if (timeoutMs === 0) return this.tryLock()
    if (timeoutMs === Infinity && this.isHeldByMe) throw recursion(this, 'lockFor')
    return this.timed('lockFor', timeoutMs, mutex_lock_timeout) === 0
  }

  protected take(method: string, options: TurnOptions): Promise<void> {
    const undo = (): void => {
      this.unlock()
    }
    return waiting(this, method, options, mutex_way(this.address), undo, TURNS)
  }
}
