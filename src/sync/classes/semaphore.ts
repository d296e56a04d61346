/** Semaphore: semaphore.ts over any shared memory. */
import { bind, unbind } from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { down_async } from '../async.ts'
import { down, down_timeout, down_trylock, sema_init, sema_units, semaphore, up } from '../semaphore.ts'
import { SharedObject, type Memory } from './shared.ts'

/** A count of units that threads take and give. */
export class Semaphore extends SharedObject<'semaphore'> {
  /** Size in 32-bit words. */
  static readonly WORDS = semaphore.words

  /** The semaphore at a word of the memory; zeroed words are one without units. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Semaphore.WORDS)
  }

  /** Makes a semaphore of `units`. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, units: number): Semaphore {
    const made = new Semaphore(memory, address)
    made.bound((sem) => {
      sema_init(sem, units)
    })
    return made
  }

  /** Takes `units`; waits until they are there. */
  acquire(units: number = 1): void {
    bind(this.view)
    down(this.address, units)
    unbind()
  }

  /** Takes `units` if they are there. Returns true if they were. */
  tryAcquire(units: number = 1): boolean {
    bind(this.view)
    const got = down_trylock(this.address, units) === 0
    unbind()
    return got
  }

  /** Takes `units` within `timeoutMs`. Returns true if it did. */
  acquireFor(timeoutMs: number, units: number = 1): boolean {
    return this.bound((sem) => down_timeout(sem, timeoutMs * NSEC_PER_MSEC, units) === 0)
  }

  /** Gives `units` back, or adds new ones. Any thread may. */
  release(units: number = 1): void {
    bind(this.view)
    up(this.address, units)
    unbind()
  }

  /** Units that are there at this moment: a hint. */
  get units(): number {
    return this.bound(sema_units)
  }

  /** Takes `units` without blocking the thread. */
  acquireAsync(options: { readonly units?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    return down_async(this.view, this.address, options.units, options.signal)
  }
}
