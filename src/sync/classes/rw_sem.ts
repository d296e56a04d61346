/** RwSem: rwsem.ts over any shared memory, with upgradeable readers. */
import * as access from '#access'
import * as host from '../../mem/host.ts'
import * as functions from '../rwsem.ts'
import { down_read_trylock, down_write_trylock, rwsem_end_write_as_reader } from '../rwsem.ts'
import type { OwnershipError } from '../../base/sync_error.ts'
import { SHARED, type TurnOptions, type WaitOptions } from './asynchronous.ts'
import { WRITING } from './mine.ts'
import { hindrance, notMine } from './misuse.ts'
import { RW_SEM_WORDS, Upgradeable } from './rw_upgradeable.ts'
import type { Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const unbind = access.unbind
const down_read_timeout = functions.down_read_timeout
const down_write_timeout = functions.down_write_timeout
const rwsem_end_read = functions.rwsem_end_read
const rwsem_end_write = functions.rwsem_end_write

const OWNER = 1 // rw_semaphore.owner

/**
 * Many readers or one writer; waiters sleep. One reader at a time may be upgradeable.
 *
 * Order    a writer that waits keeps new readers out; when it leaves, all readers that wait get in before the next
 *          writer. Neither side starves.
 * Again    a reader inside may read once more only while no writer waits; then it gets a DeadlockError instead of a
 *          hang.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class RwSem extends Upgradeable {
  protected static override readonly NAME: string = 'RwSem'
  /** Size in 32-bit words. */
  static readonly WORDS: number = RW_SEM_WORDS

  /** The semaphore at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, RW_SEM_WORDS)
  }

  lockRead(): void {
    const mine = this.mine
    if (!CAN_BLOCK || mine.inside !== 0) {
      this.#readAgain()
      return
    }
    bind(this.view)
    down_read_timeout(this.address, Infinity)
    // No load behind the locked instruction, which it would wait for.
    mine.inside = 1
    unbind()
  }

  tryLockRead(): boolean {
    bind(this.view)
    const got = this.#tryRead()
    unbind()
    return got
  }

  lockReadFor(timeoutMs: number): boolean {
    const got = this.timedEntry('lockReadFor', timeoutMs, down_read_trylock, down_read_timeout)
    if (got) this.mine.inside++
    return got
  }

  unlockRead(): void {
    const mine = this.mine
    if (mine.inside <= 0) throw notMine(this, 'unlockRead')
    mine.inside--
    bind(this.view)
    rwsem_end_read(this.address)
    unbind()
  }

  lockWrite(): void {
    const mine = this.mine
    if (!CAN_BLOCK || mine.inside !== 0) throw hindrance(this, 'lockWrite')
    bind(this.view)
    down_write_timeout(this.address, Infinity)
    mine.inside = WRITING
    unbind()
  }

  tryLockWrite(): boolean {
    bind(this.view)
    const got = this.#tryWrite()
    unbind()
    return got
  }

  lockWriteFor(timeoutMs: number): boolean {
    const got = this.timedEntry('lockWriteFor', timeoutMs, down_write_trylock, down_write_timeout)
    if (got) this.mine.inside = WRITING
    return got
  }

  unlockWrite(): void {
    const mine = this.mine
    if (mine.inside !== WRITING) throw this.#notWriter('unlockWrite')
    // Before the release: what comes after a locked instruction waits for it.
    mine.inside = 0
    if (mine.guard !== undefined) mine.guard = undefined
    bind(this.view)
    rwsem_end_write(this.address)
    unbind()
  }

  downgrade(): void {
    const mine = this.mine
    if (mine.inside !== WRITING) throw this.#notWriter('downgrade')
    this.bound((sem) => {
      rwsem_end_write_as_reader(sem)
      mine.inside = 1
    })
    this.guardDowngraded(mine.guard)
    mine.guard = undefined
  }

  /** A thread that is inside already, or must not block. */
  #readAgain(): void {
    if (!CAN_BLOCK || !this.tryLockRead()) throw hindrance(this, 'lockRead')
  }

  #notWriter(method: string): OwnershipError {
    return notMine(this, method, this.address + OWNER)
  }

  /** With the memory bound. */
  #tryRead(): boolean {
    const got = down_read_trylock(this.address)
    if (got) this.mine.inside++
    return got
  }

  /** With the memory bound. */
  #tryWrite(): boolean {
    const got = down_write_trylock(this.address)
    if (got) this.mine.inside = WRITING
    return got
  }

  protected takeRead(method: string, options: WaitOptions): Promise<void> {
    return this.told(method, options, () => this.#tryRead(), 'unlockRead', SHARED)
  }

  protected takeWrite(method: string, options: TurnOptions): Promise<void> {
    return this.told(method, options, () => this.#tryWrite(), 'unlockWrite')
  }
}
