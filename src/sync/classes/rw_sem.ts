/** RwSem: rwsem.ts over any shared memory, with upgradeable readers. */
import * as access from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import * as host from '../../mem/host.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { change } from '../async.ts'
import * as mutex_functions from '../mutex.ts'
import * as upgrading from '../rw_upgrade.ts'
import * as functions from '../rwsem.ts'
import { FLAGS } from '../owner_word.ts'
import { checkMs } from './arguments.ts'
import { untilTold, waiting, type WaitOptions } from './asynchronous.ts'
import { deadline_in } from '../park.ts'
import { joinTold, tell } from './told.ts'
import { RwRunner } from './rw_runner.ts'
import type { Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const current_owner = access.current_owner
const READ_ONCE = access.READ_ONCE
const unbind = access.unbind
const down_read = functions.down_read
const down_read_timeout = functions.down_read_timeout
const down_read_trylock = functions.down_read_trylock
const down_write = functions.down_write
const down_write_timeout = functions.down_write_timeout
const down_write_trylock = functions.down_write_trylock
const downgrade_write = functions.downgrade_write
const rw_semaphore = functions.rw_semaphore
const up_read = functions.up_read
const up_write = functions.up_write
const mutex = mutex_functions.mutex
const mutex_lock = mutex_functions.mutex_lock
const mutex_lock_timeout = mutex_functions.mutex_lock_timeout
const mutex_trylock = mutex_functions.mutex_trylock
const mutex_unlock = mutex_functions.mutex_unlock
const upgrade_begin = upgrading.upgrade_begin
const upgrade_end = upgrading.upgrade_end
const upgrade_try = upgrading.upgrade_try
const upgrade_wait = upgrading.upgrade_wait
const upgrade_wake = upgrading.upgrade_wake

const rw_sem_object = struct('rw_sem_object', {
  sem: embed(rw_semaphore),
  told: word,
  /** Held by the one upgradeable reader. */
  upgrader: embed(mutex),
})
const TOLD = rw_sem_object.offset.told
const UPGRADER = rw_sem_object.offset.upgrader
const OWNER = rw_semaphore.offset.owner
/** Of `mine.inside`. */
const WRITING = -1

/**
 * Many readers or one writer; waiters sleep. One reader at a time may be upgradeable.
 *
 * Order    a writer that waits keeps new readers out; when it leaves, all readers that wait get in before the next
 *          writer. Neither side starves.
 * Again    a reader inside may read once more only while no writer waits; then it gets a DeadlockError instead of a
 *          hang.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class RwSem extends RwRunner<'rw_semaphore'> {
  /** Size in 32-bit words. */
  static readonly WORDS: number = rw_sem_object.words

  /** The semaphore at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, RwSem.WORDS)
  }

  lockRead(): void {
    if (!CAN_BLOCK) throw this.refusal('lockRead', 'lockReadAsync')
    const mine = this.mine
    bind(this.view)
    if (mine.inside === 0) down_read(this.address)
    else if (!down_read_trylock(this.address)) {
      unbind()
      throw this.recursion('lockRead')
    }
    mine.inside++
    unbind()
  }

  tryLockRead(): boolean {
    bind(this.view)
    const got = down_read_trylock(this.address)
    if (got) this.mine.inside++
    unbind()
    return got
  }

  lockReadFor(timeoutMs: number): boolean {
    const got = this.#timed('lockReadFor', 'lockReadAsync', timeoutMs, down_read_trylock, down_read_timeout)
    if (got) this.mine.inside++
    return got
  }

  unlockRead(): void {
    const mine = this.mine
    if (mine.inside <= 0) throw this.notMine('unlockRead')
    bind(this.view)
    up_read(this.address)
    mine.inside--
    if (READ_ONCE(this.address + TOLD) !== 0) this.left()
    unbind()
  }

  lockWrite(): void {
    if (!CAN_BLOCK) throw this.refusal('lockWrite', 'lockWriteAsync')
    const mine = this.mine
    if (mine.inside !== 0) throw this.recursion('lockWrite')
    bind(this.view)
    down_write(this.address)
    mine.inside = WRITING
    unbind()
  }

  tryLockWrite(): boolean {
    bind(this.view)
    const got = down_write_trylock(this.address)
    if (got) this.mine.inside = WRITING
    unbind()
    return got
  }

  lockWriteFor(timeoutMs: number): boolean {
    const got = this.#timed(
      'lockWriteFor',
      'lockWriteAsync',
      timeoutMs,
      down_write_trylock,
      down_write_timeout,
    )
    if (got) this.mine.inside = WRITING
    return got
  }

  unlockWrite(): void {
    const mine = this.mine
    if (mine.inside !== WRITING) throw this.notMine('unlockWrite', this.address + OWNER)
    bind(this.view)
    up_write(this.address)
    mine.inside = 0
    mine.guard = undefined
    if (READ_ONCE(this.address + TOLD) !== 0) tell(this.address + TOLD)
    unbind()
  }

  downgrade(): void {
    const mine = this.mine
    if (mine.inside !== WRITING) throw this.notMine('downgrade', this.address + OWNER)
    this.bound((sem) => {
      downgrade_write(sem)
      mine.inside = 1
      tell(sem + TOLD)
    })
    this.guardDowngraded(mine.guard)
    mine.guard = undefined
  }

  lockUpgradeable(): void {
    if (!CAN_BLOCK) throw this.refusal('lockUpgradeable', 'lockUpgradeableAsync')
    const mine = this.mine
    if (mine.inside !== 0) throw this.recursion('lockUpgradeable')
    bind(this.view)
    mutex_lock(this.#upgrader)
    down_read(this.address)
    mine.inside++
    unbind()
  }

  tryLockUpgradeable(): boolean {
    return this.bound(() => this.#tryUpgradeable())
  }

  lockUpgradeableFor(timeoutMs: number): boolean {
    return this.#timed(
      'lockUpgradeableFor',
      'lockUpgradeableAsync',
      timeoutMs,
      () => this.#tryUpgradeable(),
      (sem, timeoutNs) => {
        const deadline = access.ktime_get_ns() + timeoutNs
        const failed = mutex_lock_timeout(this.#upgrader, timeoutNs)
        if (failed !== 0) return failed
        const read = down_read_timeout(sem, Math.max(0, deadline - access.ktime_get_ns()))
        if (read === 0) this.mine.inside++
        else mutex_unlock(this.#upgrader)
        return read
      },
    )
  }

  unlockUpgradeable(): void {
    if (!this.isUpgradeableByMe) throw this.notMine('unlockUpgradeable', this.#upgrader)
    this.bound((sem) => {
      up_read(sem)
      this.mine.inside--
      mutex_unlock(this.#upgrader)
      tell(sem + TOLD)
    })
    this.mine.guard = undefined
  }

  upgrade(): void {
    this.#checkUpgrade('upgrade')
    this.blocking('upgrade', 'upgradeAsync', () => this.#upgradeFor(Infinity))
  }

  upgradeFor(timeoutMs: number): boolean {
    checkMs(this.where('upgradeFor'), timeoutMs)
    this.#checkUpgrade('upgradeFor')
    return this.blocking('upgradeFor', 'upgradeAsync', () => this.#upgradeFor(timeoutMs))
  }

  async upgradeAsync(options: WaitOptions = {}): Promise<void> {
    this.#checkUpgrade('upgradeAsync')
    const announced = this.bound(upgrade_begin)
    try {
      await waiting(
        this.where('upgradeAsync'),
        options,
        (signal) => this.#untilUpgraded(announced, signal),
        () => {
          this.#upgraded()
          this.downgrade()
        },
      )
    } catch (error) {
      if (this.isUpgradeableByMe) this.bound((sem) => upgrade_end(sem, announced))
      throw error
    }
    this.#upgraded()
  }

  get isWriteHeldByMe(): boolean {
    return this.mine.inside === WRITING
  }

  get isReadHeldByMe(): boolean {
    return this.mine.inside > 0
  }

  get isUpgradeableByMe(): boolean {
    return this.bound(() => (READ_ONCE(this.#upgrader) & ~FLAGS) === current_owner())
  }

  protected get name(): string {
    return 'RwSem'
  }

  protected async takeRead(method: string, options: WaitOptions): Promise<void> {
    await this.#told(
      method,
      options,
      () => this.tryLockRead(),
      () => this.unlockRead(),
    )
  }

  protected async takeWrite(method: string, options: WaitOptions): Promise<void> {
    await this.#told(
      method,
      options,
      () => this.tryLockWrite(),
      () => this.unlockWrite(),
    )
  }

  protected async takeUpgradeable(method: string, options: WaitOptions): Promise<void> {
    await this.#told(
      method,
      options,
      () => this.#tryUpgradeable(),
      () => this.unlockUpgradeable(),
    )
  }

  get #upgrader(): Addr<'mutex'> {
    return as(this.address + UPGRADER)
  }

  /** With the memory bound. */
  #tryUpgradeable(): boolean {
    if (!mutex_trylock(this.#upgrader)) return false
    if (down_read_trylock(this.address)) {
      this.mine.inside++
      return true
    }
    mutex_unlock(this.#upgrader)
    return false
  }

  #checkUpgrade(method: string): void {
    if (!this.isUpgradeableByMe) throw this.notMine(method, this.#upgrader)
    if (this.mine.inside > 1) throw this.recursion(method)
  }

  #upgradeFor(timeoutMs: number): boolean {
    const sem = this.address
    const announced = upgrade_begin(sem)
    joinTold(sem + TOLD)
    const got = upgrade_wait(sem, announced, deadline_in(timeoutMs * NSEC_PER_MSEC)) === 0
    if (got) this.#upgraded()
    else upgrade_end(sem, announced)
    return got
  }

  async #untilUpgraded(announced: boolean, signal?: AbortSignal): Promise<void> {
    const sem = this.address
    for (;;) {
      bind(this.view)
      joinTold(sem + TOLD)
      const seen = READ_ONCE(sem)
      const done = upgrade_try(sem, announced)
      unbind()
      if (done) return
      await change(this.view, sem, seen, signal)
      signal?.throwIfAborted()
    }
  }

  /** A reader has left, and somebody may wait to be told. With the memory bound. */
  protected left(): void {
    tell(this.address + TOLD)
    upgrade_wake(this.address)
  }

  /** An upgraded reader is a writer like any other; the next upgradeable reader waits for it as a reader. */
  #upgraded(): void {
    this.mine.inside = WRITING
    this.bound(() => mutex_unlock(this.#upgrader))
  }

  #timed(
    method: string,
    instead: string,
    timeoutMs: number,
    attempt: (sem: Addr<'rw_semaphore'>) => boolean,
    timed: (sem: Addr<'rw_semaphore'>, timeoutNs: number) => number,
  ): boolean {
    checkMs(this.where(method), timeoutMs)
    if (timeoutMs === 0) return this.bound(attempt)
    if (timeoutMs === Infinity && this.mine.inside !== 0) throw this.recursion(method)
    return this.blocking(method, instead, (sem) => timed(sem, timeoutMs * NSEC_PER_MSEC) === 0)
  }

  #told(method: string, options: WaitOptions, attempt: () => boolean, undo: () => void): Promise<void> {
    const start = (signal?: AbortSignal): Promise<void> =>
      untilTold(this.view, this.address + TOLD, attempt, signal)
    return waiting(this.where(method), options, start, undo)
  }
}
