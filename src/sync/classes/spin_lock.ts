/** SpinLock: spinlock.ts over any shared memory. */
import * as access from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import * as host from '../../mem/host.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { WAITERS } from '../owner_word.ts'
import * as functions from '../spinlock.ts'
import { checkMs } from './arguments.ts'
import { untilTold, waiting, type TurnOptions } from './asynchronous.ts'
import { deadline_in } from '../park.ts'
import { tell, waitTold } from './told.ts'
import { ExclusiveLock } from './exclusive.ts'
import type { Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const current_owner = access.current_owner
const READ_ONCE = access.READ_ONCE
const unbind = access.unbind
const spin_is_locked = functions.spin_is_locked
const spin_lock = functions.spin_lock
const spin_trylock = functions.spin_trylock
const spin_unlock = functions.spin_unlock
const spinlock = functions.spinlock

const spin_lock_object = struct('spin_lock_object', { lock: embed(spinlock), told: word })
const TOLD = spin_lock_object.offset.told

/**
 * One owner at a time, for sections of a few hundred nanoseconds.
 *
 * Order    none: whoever comes at the right moment. A waiter polls for some microseconds and then sleeps.
 * Inside   nothing that blocks or awaits: all waiters would burn their polls for it.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class SpinLock extends ExclusiveLock<'spinlock'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = spin_lock_object.words

  /** The lock at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, SpinLock.WORDS)
  }

  lock(): void {
    if (!CAN_BLOCK) throw this.refusal('lock', 'lockAsync')
    bind(this.view)
    try {
      spin_lock(this.address)
    } catch (error) {
      throw this.misuse(error, 'lock', this.address)
    }
    unbind()
  }

  tryLock(): boolean {
    bind(this.view)
    const got = spin_trylock(this.address)
    unbind()
    return got
  }

  lockFor(timeoutMs: number): boolean {
    checkMs(this.where('lockFor'), timeoutMs)
    if (timeoutMs === 0) return this.tryLock()
    if (timeoutMs === Infinity && this.isHeldByMe) throw this.recursion('lockFor')
    return this.blocking('lockFor', 'lockAsync', (lock) =>
      waitTold(lock + TOLD, () => spin_trylock(lock), deadline_in(timeoutMs * NSEC_PER_MSEC)),
    )
  }

  unlock(): void {
    bind(this.view)
    try {
      spin_unlock(this.address)
    } catch (error) {
      throw this.misuse(error, 'unlock', this.address)
    }
    this.mine.guard = undefined
    if (READ_ONCE(this.address + TOLD) !== 0) tell(this.address + TOLD)
    unbind()
  }

  get isHeldByMe(): boolean {
    return this.bound((lock) => (READ_ONCE(lock) & ~WAITERS) === current_owner())
  }

  /** True if somebody holds it at this moment: a hint. */
  get locked(): boolean {
    return this.bound(spin_is_locked)
  }

  protected get name(): string {
    return 'SpinLock'
  }

  protected take(method: string, options: TurnOptions): Promise<void> {
    const attempt = (): boolean => spin_trylock(this.address)
    const undo = (): void => {
      this.unlock()
    }
    const start = (signal?: AbortSignal): Promise<void> =>
      untilTold(this.view, this.address + TOLD, attempt, signal)
    return waiting(this.where(method), options, start, undo, this.turns)
  }
}
