/** Mutex: mutex.ts over any shared memory. */
import * as access from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import * as host from '../../mem/host.ts'
import { mutex_lock_async } from '../async.ts'
import * as functions from '../mutex.ts'
import { FLAGS } from '../owner_word.ts'
import { checkMs } from './arguments.ts'
import { waiting, type TurnOptions } from './asynchronous.ts'
import { ExclusiveLock } from './exclusive.ts'
import type { Mine } from './mine.ts'
import type { Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const current_owner = access.current_owner
const READ_ONCE = access.READ_ONCE
const unbind = access.unbind
const mutex = functions.mutex
const mutex_is_locked = functions.mutex_is_locked
const mutex_lock = functions.mutex_lock
const mutex_lock_timeout = functions.mutex_lock_timeout
const mutex_trylock = functions.mutex_trylock
const mutex_unlock = functions.mutex_unlock

/**
 * One owner at a time; waiters sleep.
 *
 * Order    newcomers may overtake sleepers, of which the oldest is woken first; one that has waited too long is handed
 *          the lock.
 * Freed    by whoever took it last, as soon as that call has returned and nobody else can be about to use it.
 */
export class Mutex extends ExclusiveLock<'mutex'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = mutex.words

  /** The mutex at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Mutex.WORDS)
  }

  /**
   * What this thread holds of a mutex, for Condition.
   * @internal
   */
  static holding(lock: Mutex): Mine {
    return lock.mine
  }

  lock(): void {
    if (!CAN_BLOCK) throw this.refusal('lock', 'lockAsync')
    bind(this.view)
    try {
      mutex_lock(this.address)
    } catch (error) {
      throw this.misuse(error, 'lock', this.address)
    }
    unbind()
  }

  tryLock(): boolean {
    bind(this.view)
    const got = mutex_trylock(this.address)
    unbind()
    return got
  }

  lockFor(timeoutMs: number): boolean {
    checkMs(this.where('lockFor'), timeoutMs)
    if (timeoutMs === 0) return this.tryLock()
    if (timeoutMs === Infinity && this.isHeldByMe) throw this.recursion('lockFor')
    const timeoutNs = timeoutMs * NSEC_PER_MSEC
    return this.blocking('lockFor', 'lockAsync', (lock) => mutex_lock_timeout(lock, timeoutNs) === 0)
  }

  unlock(): void {
    bind(this.view)
    try {
      mutex_unlock(this.address)
    } catch (error) {
      throw this.misuse(error, 'unlock', this.address)
    }
    this.mine.guard = undefined
    unbind()
  }

  get isHeldByMe(): boolean {
    return this.bound((lock) => (READ_ONCE(lock) & ~FLAGS) === current_owner())
  }

  /** True if somebody holds it at this moment: a hint. */
  get locked(): boolean {
    return this.bound(mutex_is_locked)
  }

  protected get name(): string {
    return 'Mutex'
  }

  protected take(method: string, options: TurnOptions): Promise<void> {
    const undo = (): void => {
      this.unlock()
    }
    const start = (signal?: AbortSignal): Promise<void> => mutex_lock_async(this.view, this.address, signal)
    return waiting(this.where(method), options, start, undo, this.turns)
  }
}
