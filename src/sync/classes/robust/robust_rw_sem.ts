/** RobustRwSem: robust_rwsem.ts over any shared memory. */
import { bind, ktime_get_ns } from '#access'
import { as, type Addr } from '../../../base/addr.ts'
import { checkInteger } from '../../../base/arguments.ts'
import { CACHE_LINE_WORDS, NSEC_PER_MSEC } from '../../../base/constants.ts'
import { EOWNERDEAD, ETIME } from '../../../base/errno.ts'
import { CAN_BLOCK } from '../../../mem/host.ts'
import { robust_mutex_is_lost } from '../../robust.ts'
import {
  robust_down_read,
  robust_gate_close,
  robust_gate_lock,
  robust_gate_open,
  robust_gate_read,
  robust_gate_trylock,
  robust_gate_unlock,
  robust_read_trylock,
  robust_rwsem_give_up,
  robust_rwsem_init,
  robust_rwsem_join,
  robust_rwsem_look,
  robust_rwsem_threads,
  robust_up_read,
} from '../../robust_rwsem.ts'
import { checkMs } from '../arguments.ts'
import {
  SHARED,
  toldWay,
  TURNS,
  waiting,
  type TurnOptions,
  type Turns,
  type WaitOptions,
} from '../asynchronous.ts'
import type { Kind } from '../kind.ts'
import { WRITING } from '../mine.ts'
import { notMine, recursion, refusal, uninitialized, where } from '../misuse.ts'
import { RwRunner } from '../rw_runner.ts'
import type { Memory } from '../shared.ts'
import { tell } from '../told.ts'
import { inherited, inSlices, taken, type Repair } from './inherited.ts'
import { Threads, threadsOf } from './threads.ts'

const TOLD = 7 // robust_rwsem.told
/** The slots begin on a cache line of their own. */
const HEAD = CACHE_LINE_WORDS
type Sem = Addr<'robust_rwsem'>

/**
 * An RwSem any of whose readers and writers may end inside, whatever ended them. After a writer, the next one that gets in runs `repair`
 * first; a reader leaves nothing behind. Its memory must have a Threads of the same number. A thread reads at most 14 times at once.
 *
 * Order    whoever leaves as the writer lets all waiting readers in, and then the next writer. Readers do not get in each other's way;
 *          a writer looks at the word of every thread.
 * Freed    when every call on it has returned, in all threads: who gives it back looks at a word of it afterwards.
 */
export class RobustRwSem extends RwRunner<'robust_rwsem'> {
  protected static override readonly NAME: string = 'RobustRwSem'
  /** As of RobustMutex. A reader that finds that a writer ended becomes the writer for it. */
  repair: Repair | undefined
  #threads: Threads | undefined
  #slot = 0

  /** The semaphore at a word of the memory, made by `init` before. The address should be a multiple of 16. */
  constructor(memory: Memory, address: number, threads: number) {
    super(memory, address, RobustRwSem.words(threads))
  }

  /** Size in 32-bit words for that many threads. */
  static words(threads: number): number {
    checkInteger('RobustRwSem.words', 'threads', threads, 1, Threads.MAX_THREADS)
    return HEAD + threads * CACHE_LINE_WORDS
  }

  /** Makes a semaphore for the threads of a Threads with that capacity. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, threads: number): RobustRwSem {
    const made = new RobustRwSem(memory, address, threads)
    made.bound((sem) => {
      robust_rwsem_init(sem, sem + HEAD, threads, 'RobustRwSem')
    })
    return made
  }

  /** For layout: a semaphore for that many threads. */
  static of(threads: number): Kind<RobustRwSem> {
    return {
      words: RobustRwSem.words(threads),
      at: (memory, address) => new RobustRwSem(memory, address, threads),
      init: (memory, address) => RobustRwSem.init(memory, address, threads),
    }
  }

  lockRead(): void {
    this.#blocking('lockRead', Infinity, (sem, ns) => this.#read('lockRead', sem, ns))
  }

  tryLockRead(): boolean {
    return this.#within('tryLockRead', (sem) => this.#tryRead('tryLockRead', sem))
  }

  lockReadFor(timeoutMs: number): boolean {
    return this.#timed('lockReadFor', timeoutMs, (sem, ns) => this.#read('lockReadFor', sem, ns))
  }

  unlockRead(): void {
    if (this.mine.inside <= 0) throw notMine(this, 'unlockRead')
    this.bound((sem) => {
      robust_up_read(sem, this.#slot)
      this.mine.inside--
      tell(sem + TOLD)
    })
  }

  lockWrite(): void {
    if (this.mine.inside !== 0) throw recursion(this, 'lockWrite')
    this.#blocking('lockWrite', Infinity, (sem, ns) => this.#write('lockWrite', sem, ns))
  }

  tryLockWrite(): boolean {
    return (
      this.mine.inside === 0 && this.#within('tryLockWrite', (sem) => this.#write('tryLockWrite', sem, 0))
    )
  }

  lockWriteFor(timeoutMs: number): boolean {
    return this.#timed('lockWriteFor', timeoutMs, (sem, ns) => this.#write('lockWriteFor', sem, ns))
  }

  unlockWrite(): void {
    if (this.mine.inside !== WRITING) throw notMine(this, 'unlockWrite', this.address)
    this.#leaveGate(0)
  }

  downgrade(): void {
    if (this.mine.inside !== WRITING) throw notMine(this, 'downgrade', this.address)
    const { guard } = this.mine
    this.#leaveGate(1)
    this.guardDowngraded(guard)
  }

  lockUpgradeable(): void {
    if (this.mine.inside !== 0) throw recursion(this, 'lockUpgradeable')
    this.#blocking('lockUpgradeable', Infinity, (sem, ns) => this.#upgradeable('lockUpgradeable', sem, ns))
  }

  tryLockUpgradeable(): boolean {
    const method = 'tryLockUpgradeable'
    return this.mine.inside === 0 && this.#within(method, (sem) => this.#upgradeable(method, sem, 0))
  }

  lockUpgradeableFor(timeoutMs: number): boolean {
    const method = 'lockUpgradeableFor'
    return this.#timed(method, timeoutMs, (sem, ns) => this.#upgradeable(method, sem, ns))
  }

  unlockUpgradeable(): void {
    if (!this.isUpgradeableByMe) throw notMine(this, 'unlockUpgradeable', this.address)
    this.#leaveGate(0)
  }

  upgrade(): void {
    this.checkUpgrade('upgrade', this.address)
    this.#blocking('upgrade', Infinity, (sem, ns) => this.#upgrade(sem, ns))
  }

  upgradeFor(timeoutMs: number): boolean {
    checkMs(this, 'upgradeFor', timeoutMs)
    this.checkUpgrade('upgradeFor', this.address)
    return this.#blocking('upgradeFor', timeoutMs, (sem, ns) => this.#upgrade(sem, ns))
  }

  async upgradeAsync(options: WaitOptions = {}): Promise<void> {
    this.checkUpgrade('upgradeAsync', this.address)
    const attempt = (): boolean => this.#upgrade(this.address, 0)
    const undo = (): void => {
      this.bound((sem) => {
        robust_gate_read(sem, this.#slot, 1)
        robust_gate_open(sem)
      })
      this.mine.inside = 1
      this.mine.depth = 1
    }
    // Others of this thread that wait wait for it.
    await this.#until('upgradeAsync', options, attempt, undo, SHARED)
  }

  get isUpgradeableByMe(): boolean {
    return this.mine.depth === 1
  }

  /** True if it was given up. */
  get isUnrecoverable(): boolean {
    return this.bound((sem) => robust_mutex_is_lost(as(sem)))
  }

  protected takeRead(method: string, options: WaitOptions): Promise<void> {
    const undo = (): void => {
      this.unlockRead()
    }
    return this.#until(method, options, () => this.#tryRead(method, this.address), undo, SHARED)
  }

  protected takeWrite(method: string, options: TurnOptions): Promise<void> {
    const attempt = (): boolean => this.mine.inside === 0 && this.#write(method, this.address, 0)
    return this.#until(method, options, attempt, () => {
      this.unlockWrite()
    })
  }

  protected takeUpgradeable(method: string, options: TurnOptions): Promise<void> {
    const attempt = (): boolean => this.mine.inside === 0 && this.#upgradeable(method, this.address, 0)
    return this.#until(method, options, attempt, () => {
      this.unlockUpgradeable()
    })
  }

  // From here on with the memory bound, where `sem` is an argument. Times are in ns.

  #tryRead(method: string, sem: Sem): boolean {
    if (this.mine.inside !== WRITING && robust_read_trylock(sem, this.#slot)) {
      this.mine.inside++
      return true
    }
    // Nobody else may ever come to repair.
    return this.mine.inside === 0 && this.#inherit(method, sem, robust_gate_trylock(sem))
  }

  #read(method: string, sem: Sem, timeoutNs: number): boolean {
    if (this.mine.inside !== 0) {
      if (this.#tryRead(method, sem)) return true
      if (timeoutNs !== Infinity) return false
      throw recursion(this, method)
    }
    const deadline = ktime_get_ns() + timeoutNs
    for (;;) {
      const left = Math.max(0, deadline - ktime_get_ns())
      const got = robust_down_read(sem, this.#slot, this.#ended, left)
      if (got === 0) this.mine.inside++
      if (got !== -EOWNERDEAD) return taken(got, where(this, method), this.mine.name)
      const gate = robust_gate_lock(sem, this.#ended, left)
      if (gate === -ETIME) return false
      if (this.#inherit(method, sem, gate)) return true
    }
  }

  /** Of a reader that has come to the gate: repairs and reads, or leaves it. */
  #inherit(method: string, sem: Sem, gate: number): boolean {
    if (gate === 0) robust_gate_unlock(sem)
    else if (taken(gate, where(this, method), this.mine.name)) {
      this.#repair(method)
      this.#leaveGate(1)
      bind(this.view)
      return true
    }
    return false
  }

  /** Comes to the gate, if this thread is not inside; 0 ns only tries. Returns what robust_gate_lock does. */
  #gate(method: string, sem: Sem, timeoutNs: number): number {
    if (this.mine.inside !== 0) {
      if (timeoutNs === Infinity) throw recursion(this, method)
      return -ETIME
    }
    return timeoutNs === 0 ? robust_gate_trylock(sem) : robust_gate_lock(sem, this.#ended, timeoutNs)
  }

  #write(method: string, sem: Sem, timeoutNs: number): boolean {
    const deadline = ktime_get_ns() + timeoutNs
    const gate = this.#gate(method, sem, timeoutNs)
    if (!taken(gate, where(this, method), this.mine.name)) return false
    if (gate === -EOWNERDEAD) this.#repair(method)
    else {
      const left = timeoutNs === 0 ? 0 : Math.max(0, deadline - ktime_get_ns())
      const error = robust_gate_close(sem, this.#slot, this.#ended, left)
      if (error !== 0) {
        robust_gate_unlock(sem)
        // Not after -EAGAIN: those that wait asynchronously would tell each other without end.
        if (error === -ETIME) tell(sem + TOLD)
        return false
      }
      this.mine.inside = WRITING
    }
    return true
  }

  #upgradeable(method: string, sem: Sem, timeoutNs: number): boolean {
    const gate = this.#gate(method, sem, timeoutNs)
    if (!taken(gate, where(this, method), this.mine.name)) return false
    if (gate === -EOWNERDEAD) this.#repair(method)
    robust_gate_read(sem, this.#slot, 1)
    if (gate === -EOWNERDEAD) robust_gate_open(sem)
    this.mine.inside = 1
    this.mine.depth = 1
    return true
  }

  #upgrade(sem: Sem, timeoutNs: number): boolean {
    const error = robust_gate_close(sem, this.#slot, this.#ended, timeoutNs)
    if (error === -ETIME) tell(sem + TOLD)
    if (error !== 0) return false
    this.mine.inside = WRITING
    this.mine.depth = 0
    return true
  }

  /** Repairs as the writer that this thread has become by another's end. */
  #repair(method: string): void {
    const { mine } = this
    mine.inside = WRITING
    inherited(where(this, method), this.mine.name, this.repair, this.view, () => {
      mine.inside = 0
      mine.guard = undefined
      robust_rwsem_give_up(this.address)
      tell(this.address + TOLD)
    })
    bind(this.view)
  }

  /** The writer or the upgradeable reader gives the gate back, and goes on as a reader if `reads` is 1. */
  #leaveGate(reads: number): void {
    const { mine } = this
    this.bound((sem) => {
      robust_gate_read(sem, this.#slot, reads)
      if (mine.inside === WRITING) robust_gate_open(sem)
      mine.inside = reads
      mine.depth = 0
      mine.guard = undefined
      robust_gate_unlock(sem)
      tell(sem + TOLD)
    })
  }

  readonly #ended = (owner: number, waitedNs: number): boolean =>
    this.#threads?.hasEnded(owner, waitedNs) ?? false

  #join(method: string): void {
    if (this.#threads !== undefined) return
    const threads = threadsOf(this.view, where(this, method))
    this.#slot = threads.join()
    const made = this.bound(robust_rwsem_threads)
    if (made !== threads.capacity) {
      if (made === 0) throw uninitialized(this, method)
      throw new RangeError(
        `${where(this, method)}: it was made for ${made} threads and must be for as many as the Threads: ${threads.capacity}`,
      )
    }
    // Other objects of this thread over the same place have the slot already.
    if (this.mine.inside === 0) this.bound((sem) => robust_rwsem_join(sem, this.#slot))
    this.#threads = threads
  }

  #within<T>(method: string, fn: (sem: Sem) => T): T {
    this.#join(method)
    return this.bound(fn)
  }

  #blocking(method: string, timeoutMs: number, fn: (sem: Sem, timeoutNs: number) => boolean): boolean {
    if (!CAN_BLOCK) throw refusal(this, method)
    return this.#within(method, (sem) => fn(sem, timeoutMs * NSEC_PER_MSEC))
  }

  #timed(method: string, timeoutMs: number, fn: (sem: Sem, timeoutNs: number) => boolean): boolean {
    checkMs(this, method, timeoutMs)
    if (timeoutMs === 0) return this.#within(method, (sem) => fn(sem, 0))
    return this.#blocking(method, timeoutMs, fn)
  }

  async #until(
    method: string,
    options: TurnOptions,
    attempt: () => boolean,
    undo: () => void,
    turns: Turns = TURNS,
  ): Promise<void> {
    this.#join(method)
    const sem = this.address
    const way = inSlices(this.view, toldWay(sem + TOLD, attempt), (waitedNs) => {
      robust_rwsem_look(sem, this.#ended, waitedNs)
      tell(sem + TOLD)
    })
    await waiting(this, method, options, way, undo, turns)
  }
}
