/** RwSem: rwsem.ts over any shared memory. */
import { bind, unbind } from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import {
  down_read,
  down_read_timeout,
  down_read_trylock,
  down_write,
  down_write_timeout,
  down_write_trylock,
  downgrade_write,
  rw_semaphore,
  up_read,
  up_write,
} from '../rwsem.ts'
import { SharedObject, type Memory } from './shared.ts'

/** Many readers or one writer; waiters sleep. */
export class RwSem extends SharedObject<'rw_semaphore'> {
  /** Size in 32-bit words. */
  static readonly WORDS = rw_semaphore.words

  readonly #reading: Disposable = {
    [Symbol.dispose]: () => {
      this.unlockRead()
    },
  }
  readonly #writing: Disposable = {
    [Symbol.dispose]: () => {
      this.unlockWrite()
    },
  }

  /** The semaphore at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, RwSem.WORDS)
  }

  /** Enters as a reader; waits for writers, also for those that wait. Not recursive. */
  lockRead(): void {
    bind(this.view)
    down_read(this.address)
    unbind()
  }

  /** Enters as a reader unless a writer is inside or waits. Returns true if it did. */
  tryLockRead(): boolean {
    bind(this.view)
    const got = down_read_trylock(this.address)
    unbind()
    return got
  }

  /** Enters as a reader within `timeoutMs`. Returns true if it did. */
  lockReadFor(timeoutMs: number): boolean {
    return this.bound((sem) => down_read_timeout(sem, timeoutMs * NSEC_PER_MSEC) === 0)
  }

  /** Leaves as a reader. */
  unlockRead(): void {
    bind(this.view)
    up_read(this.address)
    unbind()
  }

  /** Enters as the writer. */
  lockWrite(): void {
    bind(this.view)
    down_write(this.address)
    unbind()
  }

  /** Enters as the writer if nobody is inside or waits. Returns true if it did. */
  tryLockWrite(): boolean {
    bind(this.view)
    const got = down_write_trylock(this.address)
    unbind()
    return got
  }

  /** Enters as the writer within `timeoutMs`. Returns true if it did. */
  lockWriteFor(timeoutMs: number): boolean {
    return this.bound((sem) => down_write_timeout(sem, timeoutMs * NSEC_PER_MSEC) === 0)
  }

  /** Leaves as the writer. Throws an Oops if this thread is not. */
  unlockWrite(): void {
    bind(this.view)
    up_write(this.address)
    unbind()
  }

  /** The writer becomes a reader; no other writer gets in between. */
  downgrade(): void {
    this.bound(downgrade_write)
  }

  /** `using _ = sem.holdRead()` */
  holdRead(): Disposable {
    this.lockRead()
    return this.#reading
  }

  /** `using _ = sem.holdWrite()` */
  holdWrite(): Disposable {
    this.lockWrite()
    return this.#writing
  }
}
