/** Barrier: barrier.ts over any shared memory. */
import { barrier_wait_async } from '../async.ts'
import { barrier, barrier_init, barrier_wait } from '../barrier.ts'
import { SharedObject, type Memory } from './shared.ts'

/** All of `parties` threads meet, as often as they like. */
export class Barrier extends SharedObject<'barrier'> {
  /** Size in 32-bit words. */
  static readonly WORDS = barrier.words

  /** The barrier at a word of the memory, made by `init` before. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Barrier.WORDS)
  }

  /** Makes a barrier for that many parties. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, parties: number): Barrier {
    const made = new Barrier(memory, address)
    made.bound((b) => {
      barrier_init(b, parties)
    })
    return made
  }

  /** Waits until all parties are here. Returns true to one of them. */
  wait(): boolean {
    return this.bound(barrier_wait)
  }

  /** Waits until all parties are here without blocking the thread. Resolves to true for one of them. */
  waitAsync(): Promise<boolean> {
    return barrier_wait_async(this.view, this.address)
  }
}
