/** Srcu: srcu.ts over any shared memory. */
import * as access from '#access'
import { read } from '#access'
import { checkInteger } from '../../base/arguments.ts'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import type { OwnershipError } from '../../base/sync_error.ts'
import { CAN_BLOCK } from '../../mem/host.ts'
import * as functions from '../srcu.ts'
import {
  get_state_synchronize_srcu,
  init_srcu_slots,
  poll_state_synchronize_srcu,
  start_poll_synchronize_srcu,
  synchronize_srcu,
} from '../srcu.ts'
import { deadline_in } from '../park.ts'
import { checkMs, checkResult, checkSync, type NoPromise } from './arguments.ts'
import { toldWay, waiting, type WaitOptions } from './asynchronous.ts'
import { tell, waitTold } from './told.ts'
import { Guard } from './guard.ts'
import { madeBy, type Kind, type MadeKind } from './kind.ts'
import { hindrance, notMine, uninitialized, where } from './misuse.ts'
import { runningAsync } from './running.ts'
import { SharedObject, type Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const bind = access.bind
const READ_ONCE = access.READ_ONCE
const unbind = access.unbind
const srcu_read_lock = functions.srcu_read_lock
const srcu_read_unlock = functions.srcu_read_unlock

const SLOTS = 4 // srcu_struct.slots
const TOLD = 12 // srcu_struct.words
/** The slots begin on a cache line of their own. */
const HEAD = CACHE_LINE_WORDS
const MAX_SLOTS = 2 ** 16

/**
 * Readers that never wait, updaters that wait for them: what was taken out of a structure may be freed after `synchronize`.
 *
 * Readers  may nest, sleep and await. An index goes back on the thread that got it.
 * Freed    when no reader is inside and every call on it has returned, in all threads.
 */
export class Srcu extends SharedObject<'srcu_struct'> {
  protected static override readonly NAME: string = 'Srcu'
  #made = false

  /** The domain at a word of the memory, made by `init` before. The address should be a multiple of 16. */
  constructor(memory: Memory, address: number) {
    super(memory, address, TOLD + 1)
  }

  /**
   * Size in 32-bit words for that many slots, a power of two. Threads share a slot when there are more of them: correct, but
   * then they share a cache line.
   */
  static words(slots: number): number {
    return kindOf('Srcu.words', slots).words
  }

  /** Makes a domain in zeroed words. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, slots: number): Srcu {
    return kindOf('Srcu.init', slots).init(memory, address)
  }

  /** For layout: a domain of that many slots. */
  static of(slots: number): Kind<Srcu> {
    return kindOf('Srcu.of', slots)
  }

  /** Enters a reader, which never waits. Returns the index for `unlock`. Readers may nest and may sleep. */
  lock(): number {
    if (!this.#made) this.#check('lock')
    bind(this.view)
    const idx = srcu_read_lock(this.address)
    if (idx === 0) this.mine.inside++
    else this.mine.depth++
    unbind()
    return idx
  }

  /** Leaves the reader, on the thread that entered it. Throws an OwnershipError if this thread is in none of that index. */
  unlock(idx: number): void {
    const mine = this.mine
    if (idx === 0 && mine.inside > 0) mine.inside--
    else if (idx === 1 && mine.depth > 0) mine.depth--
    else throw this.#notInside(idx)
    bind(this.view)
    srcu_read_unlock(this.address, idx)
    if (READ_ONCE(this.address + TOLD) !== 0) tell(this.address + TOLD)
    unbind()
  }

  /** Enters a reader and returns the guard that leaves it: `using _ = srcu.hold()`. */
  hold(): Guard {
    const idx = this.lock()
    return new Guard(() => {
      this.unlock(idx)
    })
  }

  /** Runs `fn` as a reader and returns what it returns. */
  run<T>(fn: () => T, ...hint: NoPromise<T>): T
  run<T>(fn: () => T): T {
    checkSync(this, 'run', fn)
    const idx = this.lock()
    try {
      const result = fn()
      checkResult(this, 'run', result)
      return result
    } finally {
      this.unlock(idx)
    }
  }

  /** Is a reader until what `fn` returns is settled. */
  runAsync<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    return runningAsync(this, 'runAsync', fn, () => this.hold())
  }

  /** True if this thread is a reader. */
  get isHeldByMe(): boolean {
    return this.mine.inside + this.mine.depth > 0
  }

  /** Waits until every reader that is inside now has left. Throws a DeadlockError inside a reader of this thread. */
  synchronize(): void {
    this.#checkSynchronize('synchronize')
    this.blocking('synchronize', (ssp) => {
      synchronize_srcu(ssp)
      tell(ssp + TOLD)
    })
  }

  /** synchronize for at most `timeoutMs`. Returns true if all have left. */
  synchronizeFor(timeoutMs: number): boolean {
    checkMs(this, 'synchronizeFor', timeoutMs)
    this.#checkSynchronize('synchronizeFor')
    return this.timed('synchronizeFor', timeoutMs, (ssp, ns) => {
      const cookie = start_poll_synchronize_srcu(ssp)
      const done = waitTold(ssp + TOLD, () => poll_state_synchronize_srcu(ssp, cookie), deadline_in(ns))
      tell(ssp + TOLD)
      return done
    })
  }

  /** synchronize without blocking the thread, which may be a reader: then it waits until that one has left, too. */
  async synchronizeAsync(options: WaitOptions = {}): Promise<void> {
    this.#check('synchronizeAsync')
    const cookie = this.bound(start_poll_synchronize_srcu)
    const attempt = (): boolean => poll_state_synchronize_srcu(this.address, cookie)
    await waiting(this, 'synchronizeAsync', options, toldWay(this.address + TOLD, attempt))
    this.bound((ssp) => {
      tell(ssp + TOLD)
    })
  }

  /** A cookie that `poll` will find reached after a grace period from now; polling drives it. */
  startPoll(): number {
    this.#check('startPoll')
    return this.bound(start_poll_synchronize_srcu)
  }

  /** A cookie as from `startPoll`, that does not ask for a grace period. */
  state(): number {
    this.#check('state')
    return this.bound(get_state_synchronize_srcu)
  }

  /** True if a grace period has passed since the cookie was taken. Never waits. */
  poll(cookie: number): boolean {
    this.#check('poll')
    return this.bound((ssp) => {
      const done = poll_state_synchronize_srcu(ssp, cookie)
      // While this thread drove the grace period, others have not: they look again.
      tell(ssp + TOLD)
      return done
    })
  }

  #check(method: string): void {
    if (this.#made) return
    if (this.bound((ssp) => read(ssp + SLOTS)) === 0) throw uninitialized(this, method)
    this.#made = true
  }

  #checkSynchronize(method: string): void {
    this.#check(method)
    if (!CAN_BLOCK || this.isHeldByMe) throw hindrance(this, method)
  }

  #notInside(idx: number): OwnershipError {
    checkInteger(where(this, 'unlock'), 'index', idx, 0, 1)
    return notMine(this, 'unlock')
  }
}

function kindOf(caller: string, slots: number): MadeKind<Srcu> {
  checkInteger(caller, 'slots', slots, 1, MAX_SLOTS)
  if ((slots & (slots - 1)) !== 0)
    throw new RangeError(`${caller}: slots must be a power of two, not ${slots}`)
  return madeBy(Srcu, HEAD + slots * CACHE_LINE_WORDS, (ssp) => {
    init_srcu_slots(ssp, 'Srcu', ssp + HEAD, slots, slots - 1)
  })
}
