/** SpinLock: spinlock.ts over any shared memory. */
import * as access from '#access'
import * as host from '../../mem/host.ts'
import { spin_way } from '../async.ts'
import * as functions from '../spinlock.ts'
import { TURNS, waiting, type TurnOptions } from './asynchronous.ts'
import { ExclusiveLock } from './exclusive.ts'
import { notMine, recursion, refusal } from './misuse.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const unbind = access.unbind
const spin_take = functions.spin_take
const spin_release = functions.spin_release

const WORDS = 2 // spinlock.words

/**
 * One owner at a time, for sections of a few hundred nanoseconds.
 *
 * Order    none: whoever comes at the right moment. A waiter polls for some microseconds and then sleeps.
 * Inside   nothing that blocks or awaits: all waiters would burn their polls for it.
 * Freed    by whoever took it last, as soon as that call has returned and nobody else can be about to use it.
 */
export class SpinLock extends ExclusiveLock<'spinlock'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = WORDS
  protected static readonly NAME: string = 'SpinLock'

  lock(): void {
    if (!CAN_BLOCK) throw refusal(this, 'lock')
    bind(this.view)
    const got = spin_take(this.address)
    unbind()
    if (!got) throw recursion(this, 'lock')
  }

  tryLock(): boolean {
    bind(this.view)
    const got = functions.spin_trylock(this.address)
    unbind()
    return got
  }

  unlock(): void {
    bind(this.view)
    const gave = spin_release(this.address)
    unbind()
    if (!gave) throw notMine(this, 'unlock', this.address)
    this.mine.guard = undefined
  }

  /** True if somebody holds it at this moment: a hint. */
  get locked(): boolean {
    return this.bound(functions.spin_is_locked)
  }

  lockFor(timeoutMs: number): boolean {
    if (timeoutMs === 0) return this.tryLock()
    if (timeoutMs === Infinity && this.isHeldByMe) throw recursion(this, 'lockFor')
    return this.timed('lockFor', timeoutMs, functions.spin_lock_timeout) === 0
  }

  protected take(method: string, options: TurnOptions): Promise<void> {
    const undo = (): void => {
      this.unlock()
    }
    return waiting(this, method, options, spin_way(this.address), undo, TURNS)
  }
}
