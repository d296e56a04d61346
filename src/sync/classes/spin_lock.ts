/** SpinLock: spinlock.ts over any shared memory. */
import { bind, unbind } from '#access'
import { spin_lock, spin_trylock, spin_unlock, spinlock } from '../spinlock.ts'
import { ExclusiveLock } from './exclusive.ts'
import type { Memory } from './shared.ts'

/** One owner at a time, for sections of a few hundred nanoseconds. */
export class SpinLock extends ExclusiveLock<'spinlock'> {
  /** Size in 32-bit words. */
  static readonly WORDS = spinlock.words

  /** The lock at a word of the memory; zeroed words are a free one. */
  constructor(memory: Memory, address: number) {
    super(memory, address, SpinLock.WORDS)
  }

  lock(): void {
    bind(this.view)
    spin_lock(this.address)
    unbind()
  }

  tryLock(): boolean {
    bind(this.view)
    const got = spin_trylock(this.address)
    unbind()
    return got
  }

  unlock(): void {
    bind(this.view)
    spin_unlock(this.address)
    unbind()
  }
}
