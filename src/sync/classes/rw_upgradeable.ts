/**
 * The upgradeable reader of an RwSem: one at a time, since it holds a mutex beside the semaphore. As the writer it is one like any
 * other; the next upgradeable reader waits for it as a reader.
 */
import { bind, ktime_get_ns, unbind } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { CAN_BLOCK } from '../../mem/host.ts'
import { mutex_lock_timeout, mutex_release, mutex_trylock } from '../mutex.ts'
import { owned_by_me } from '../owner_word.ts'
import { deadline_in, NEVER } from '../park.ts'
import { rwsem_tell, rwsem_way } from '../rw_async.ts'
import { upgrade_begin, upgrade_end, upgrade_try, upgrade_wait } from '../rw_upgrade.ts'
import { down_read_timeout, down_read_trylock, rwsem_end_read, rwsem_is_readable } from '../rwsem.ts'
import { checkMs } from './arguments.ts'
import { SHARED, TURNS, waiting, type TurnOptions, type Turns, type WaitOptions } from './asynchronous.ts'
import { WRITING } from './mine.ts'
import { hindrance, notMine, recursion } from './misuse.ts'
import { RwRunner } from './rw_runner.ts'

/** A mutex: held by the one upgradeable reader. */
const UPGRADER = 6 // rw_semaphore.words
export const RW_SEM_WORDS = UPGRADER + 3 // mutex.words
type Sem = Addr<'rw_semaphore'>
type Kind = 'Read' | 'Write' | 'Upgradeable'

/** See the head of this file. */
export abstract class Upgradeable extends RwRunner<'rw_semaphore'> {
  lockUpgradeable(): void {
    const mine = this.mine
    if (!CAN_BLOCK || mine.inside !== 0) throw hindrance(this, 'lockUpgradeable')
    bind(this.view)
    mutex_lock_timeout(this.#upgrader, NEVER)
    down_read_timeout(this.address, NEVER)
    mine.inside++
    unbind()
  }

  tryLockUpgradeable(): boolean {
    return this.bound(() => this.#tryUpgradeable())
  }

  lockUpgradeableFor(timeoutMs: number): boolean {
    return this.timedEntry(
      'lockUpgradeableFor',
      timeoutMs,
      () => this.#tryUpgradeable(),
      (sem, timeoutNs) => {
        const deadline = ktime_get_ns() + timeoutNs
        const failed = mutex_lock_timeout(this.#upgrader, timeoutNs)
        if (failed !== 0) return failed
        const read = down_read_timeout(sem, Math.max(0, deadline - ktime_get_ns()))
        if (read === 0) this.mine.inside++
        else this.#notUpgradeable()
        return read
      },
    )
  }

  unlockUpgradeable(): void {
    if (!this.isUpgradeableByMe) throw notMine(this, 'unlockUpgradeable', this.#upgrader)
    this.bound((sem) => {
      rwsem_end_read(sem)
      this.mine.inside--
      this.#notUpgradeable()
    })
    this.mine.guard = undefined
  }

  upgrade(): void {
    this.checkUpgrade('upgrade', this.#upgrader)
    this.blocking('upgrade', () => this.#upgradeFor(Infinity))
  }

  upgradeFor(timeoutMs: number): boolean {
    checkMs(this, 'upgradeFor', timeoutMs)
    this.checkUpgrade('upgradeFor', this.#upgrader)
    return this.timed('upgradeFor', timeoutMs, (_, ns) => this.#upgradeFor(ns))
  }

  async upgradeAsync(options: WaitOptions = {}): Promise<void> {
    this.checkUpgrade('upgradeAsync', this.#upgrader)
    const sem = this.address
    const announced = this.bound(upgrade_begin)
    const way = rwsem_way(sem, () => upgrade_try(sem, announced))
    try {
      const undo = (): void => {
        this.#upgraded()
        this.downgrade()
      }
      await waiting(this, 'upgradeAsync', options, way, undo, SHARED)
    } catch (error) {
      if (this.isUpgradeableByMe) this.bound(() => upgrade_end(sem, announced))
      throw error
    }
    this.#upgraded()
  }

  get isUpgradeableByMe(): boolean {
    return this.bound(() => owned_by_me(this.#upgrader))
  }

  protected takeUpgradeable(method: string, options: TurnOptions): Promise<void> {
    return this.told(method, options, () => this.#tryUpgradeable(), 'unlockUpgradeable')
  }

  protected timedEntry(
    method: string,
    timeoutMs: number,
    attempt: (sem: Sem) => boolean,
    entry: (sem: Sem, timeoutNs: number) => number,
  ): boolean {
    if (timeoutMs === 0) return this.bound(attempt)
    if (timeoutMs === Infinity && this.mine.inside !== 0) throw recursion(this, method)
    return this.timed(method, timeoutMs, entry) === 0
  }

  protected told(
    method: string,
    options: TurnOptions,
    attempt: () => boolean,
    undo: `unlock${Kind}`,
    turns: Turns = TURNS,
  ): Promise<void> {
    const way = rwsem_way(this.address, attempt)
    return waiting(this, method, options, way, () => this[undo](), turns)
  }

  get #upgrader(): Addr<'mutex'> {
    return as(this.address + UPGRADER)
  }

  /** With the memory bound. */
  #tryUpgradeable(): boolean {
    // Looks first: giving the mutex back tells those that wait, of which it may be one.
    if (!rwsem_is_readable(this.address) || !mutex_trylock(this.#upgrader)) return false
    if (down_read_trylock(this.address)) {
      this.mine.inside++
      return true
    }
    this.#notUpgradeable()
    return false
  }

  #upgradeFor(timeoutNs: number): boolean {
    const sem = this.address
    const announced = upgrade_begin(sem)
    const got = upgrade_wait(sem, announced, deadline_in(timeoutNs)) === 0
    if (got) this.#upgraded()
    else upgrade_end(sem, announced)
    return got
  }

  #upgraded(): void {
    this.mine.inside = WRITING
    this.bound(() => {
      this.#notUpgradeable()
    })
  }

  /** Others may be upgradeable from now on. With the memory bound. */
  #notUpgradeable(): void {
    mutex_release(this.#upgrader)
    rwsem_tell(this.address)
  }
}
