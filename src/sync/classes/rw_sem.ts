/** RwSem: rwsem.ts over any shared memory, with upgradeable readers. */
import * as access from '#access'
import * as host from '../../mem/host.ts'
import * as functions from '../rwsem.ts'
import { down_read_trylock, down_write_trylock, downgrade_write } from '../rwsem.ts'
import type { TurnOptions, WaitOptions } from './asynchronous.ts'
import { WRITING } from './mine.ts'
import { notMine, recursion, refusal } from './misuse.ts'
import { RW_SEM_WORDS, Upgradeable } from './rw_upgradeable.ts'
import type { Memory } from './shared.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use.
const CAN_BLOCK = host.CAN_BLOCK
const bind = access.bind
const unbind = access.unbind
const down_read_timeout = functions.down_read_timeout
const down_write_timeout = functions.down_write_timeout
const up_read = functions.up_read
const up_write = functions.up_write

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
  /** Size in 32-bit words. */
  static readonly WORDS: number = RW_SEM_WORDS

  /** The semaphore at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, RW_SEM_WORDS)
  }

  lockRead(): void {
    if (!CAN_BLOCK) throw refusal(this, 'lockRead')
    const mine = this.mine
    bind(this.view)
    if (mine.inside === 0) down_read_timeout(this.address, Infinity)
    else if (!down_read_trylock(this.address)) {
      unbind()
      throw recursion(this, 'lockRead')
    }
    mine.inside++
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
    up_read(this.address)
    unbind()
  }

  lockWrite(): void {
    if (!CAN_BLOCK) throw refusal(this, 'lockWrite')
    const mine = this.mine
    if (mine.inside !== 0) throw recursion(this, 'lockWrite')
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
    if (mine.inside !== WRITING) throw notMine(this, 'unlockWrite', this.address + OWNER)
    // Before the release: what comes after a locked instruction waits for it.
    mine.inside = 0
    if (mine.guard !== undefined) mine.guard = undefined
    bind(this.view)
    up_write(this.address)
    unbind()
  }

  downgrade(): void {
    const mine = this.mine
    if (mine.inside !== WRITING) throw notMine(this, 'downgrade', this.address + OWNER)
    this.bound((sem) => {
      downgrade_write(sem)
      mine.inside = 1
    })
    this.guardDowngraded(mine.guard)
    mine.guard = undefined
  }

  protected override get name(): string {
    return 'RwSem'
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
    return this.told(method, options, () => this.#tryRead(), 'unlockRead', true)
  }

  protected takeWrite(method: string, options: TurnOptions): Promise<void> {
    return this.told(method, options, () => this.#tryWrite(), 'unlockWrite')
  }
}
