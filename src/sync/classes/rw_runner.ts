/**
 * What RwSem and RobustRwSem offer over their locks: guards, and running a function inside, for readers, upgradeable readers and the writer.
 */
import type { NoPromise } from './arguments.ts'
import { cancelAll, type TurnOptions, type WaitOptions } from './asynchronous.ts'
import { Guard } from './guard.ts'
import { WRITING } from './mine.ts'
import { notMine, recursion } from './misuse.ts'
import { running, runningAsync } from './running.ts'
import { SharedObject } from './shared.ts'

/** Guards of writers that became readers. */
const downgraded = new WeakSet<Guard>()

/** See RwSem. */
export abstract class RwRunner<S extends string> extends SharedObject<S> {
  readonly #giveReadBack = (): void => {
    this.unlockRead()
  }
  /** A guard of the writer or of an upgradeable reader, whatever has become of it since. */
  readonly #giveBack = (guard: Guard): void => {
    if (this.mine.guard === guard) {
      if (this.isWriteHeldByMe) this.unlockWrite()
      else this.unlockUpgradeable()
    } else if (downgraded.has(guard)) this.unlockRead()
  }

  /** Enters as a reader; waits for writers, also for those that wait. A thread that is inside already throws if it would wait. */
  abstract lockRead(): void
  /** Enters as a reader unless a writer is inside or waits. Returns true if it did. */
  abstract tryLockRead(): boolean
  /**
   * Enters as a reader within `timeoutMs`. Returns true if it did. A thread that is inside already and would wait for itself gets false,
   * or with Infinity a DeadlockError; so it is with `lockWriteFor` and `lockUpgradeableFor`.
   */
  abstract lockReadFor(timeoutMs: number): boolean
  /** Leaves as a reader. Throws an OwnershipError if this thread is none. */
  abstract unlockRead(): void

  /** Enters as the writer. Throws a DeadlockError if this thread is inside already. */
  abstract lockWrite(): void
  /** Enters as the writer if nobody is inside or waits. Returns true if it did. */
  abstract tryLockWrite(): boolean
  /** Enters as the writer within `timeoutMs`. Returns true if it did. */
  abstract lockWriteFor(timeoutMs: number): boolean
  /** Leaves as the writer. Throws an OwnershipError if this thread is not. */
  abstract unlockWrite(): void
  /** The writer becomes a reader; no other writer gets in between. Its guard gives the read back. */
  abstract downgrade(): void

  /** Enters as the one reader that may become the writer; other readers are not kept out. */
  abstract lockUpgradeable(): void
  /** lockUpgradeable without waiting. Returns true if it did. */
  abstract tryLockUpgradeable(): boolean
  /** lockUpgradeable within `timeoutMs`. Returns true if it did. */
  abstract lockUpgradeableFor(timeoutMs: number): boolean
  /** Leaves as the upgradeable reader. */
  abstract unlockUpgradeable(): void
  /**
   * The upgradeable reader becomes the writer when all other readers have left; no writer gets in between, and no new reader.
   * `unlockWrite` ends it. Throws an OwnershipError if this thread is not the upgradeable reader.
   */
  abstract upgrade(): void
  /** upgrade within `timeoutMs`. Returns true if it did; otherwise the thread goes on as the upgradeable reader. */
  abstract upgradeFor(timeoutMs: number): boolean
  /** upgrade without blocking. If it rejects, the thread goes on as a reader. */
  abstract upgradeAsync(options?: WaitOptions): Promise<void>

  /** True if this thread is the writer. */
  get isWriteHeldByMe(): boolean {
    return this.mine.inside === WRITING
  }

  /** True if this thread is a reader. */
  get isReadHeldByMe(): boolean {
    return this.mine.inside > 0
  }

  /** True if this thread is the upgradeable reader. */
  abstract get isUpgradeableByMe(): boolean

  protected abstract takeRead(method: string, options: WaitOptions): Promise<void>
  protected abstract takeWrite(method: string, options: TurnOptions): Promise<void>
  protected abstract takeUpgradeable(method: string, options: TurnOptions): Promise<void>

  /** Enters as a reader without blocking; resolves to the guard. */
  lockReadAsync(options: WaitOptions = {}): Promise<Guard> {
    return this.#readAsync('lockReadAsync', options)
  }

  /** Enters as the writer without blocking; resolves to the guard. Writers of one thread take turns, by priority. */
  lockWriteAsync(options: TurnOptions = {}): Promise<Guard> {
    return this.#writeAsync('lockWriteAsync', options)
  }

  /** Enters as the upgradeable reader without blocking; resolves to the guard. */
  async lockUpgradeableAsync(options: TurnOptions = {}): Promise<Guard> {
    await this.takeUpgradeable('lockUpgradeableAsync', options)
    return this.#guard()
  }

  /** `using _ = sem.holdRead()` */
  holdRead(): Guard {
    this.lockRead()
    return new Guard(this.#giveReadBack)
  }

  /** `using _ = sem.holdWrite()` */
  holdWrite(): Guard {
    this.lockWrite()
    return this.#guard()
  }

  /** `using _ = sem.holdUpgradeable()`. After `upgrade` the guard gives the write back. */
  holdUpgradeable(): Guard {
    this.lockUpgradeable()
    return this.#guard()
  }

  /** Runs `fn` as a reader and returns what it returns. */
  runRead<T>(fn: () => T, ...hint: NoPromise<T>): T
  runRead<T>(fn: () => T): T {
    return running(this, 'runRead', 'lockRead', 'unlockRead', fn)
  }

  /** Runs `fn` as the writer and returns what it returns. */
  runWrite<T>(fn: () => T, ...hint: NoPromise<T>): T
  runWrite<T>(fn: () => T): T {
    return running(this, 'runWrite', 'lockWrite', 'unlockWrite', fn)
  }

  /** Is a reader, without blocking to become one, until what `fn` returns is settled. */
  runReadAsync<T>(fn: () => T | PromiseLike<T>, options: WaitOptions = {}): Promise<T> {
    return runningAsync(this, 'runReadAsync', fn, () => this.#readAsync('runReadAsync', options))
  }

  /** Is the writer, without blocking to become it, until what `fn` returns is settled. */
  runWriteAsync<T>(fn: () => T | PromiseLike<T>, options: TurnOptions = {}): Promise<T> {
    return runningAsync(this, 'runWriteAsync', fn, () => this.#writeAsync('runWriteAsync', options))
  }

  /** Ends the asynchronous waits of this thread for it: they reject with a CancelledError. Who is inside goes on. */
  cancel(): void {
    cancelAll(this)
  }

  /** Refuses an upgrade of a thread that is not the upgradeable reader, or reads beside. `owner`: its owner word. */
  protected checkUpgrade(method: string, owner: number): void {
    if (!this.isUpgradeableByMe) throw notMine(this, method, owner)
    if (this.mine.inside > 1) throw recursion(this, method)
  }

  /** A guard of a writer that has become a reader gives that back. */
  protected guardDowngraded(guard: Guard | undefined): void {
    if (guard !== undefined) downgraded.add(guard)
  }

  async #readAsync(method: string, options: WaitOptions): Promise<Guard> {
    await this.takeRead(method, options)
    return new Guard(this.#giveReadBack)
  }

  async #writeAsync(method: string, options: TurnOptions): Promise<Guard> {
    await this.takeWrite(method, options)
    return this.#guard()
  }

  #guard(): Guard {
    return (this.mine.guard = new Guard(this.#giveBack))
  }
}
