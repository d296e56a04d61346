/** Once: once.ts over any shared memory. */
import { bind, unbind } from '#access'
import { call_once, once, once_done } from '../once.ts'
import { SharedObject, type Memory } from './shared.ts'

/** Something is done exactly once, and nobody passes before it is done. */
export class Once extends SharedObject<'once'> {
  /** Size in 32-bit words. */
  static readonly WORDS = once.words

  /** The once at a word of the memory; a zeroed word is one that is not done. */
  constructor(memory: Memory, address: number) {
    super(memory, address, Once.WORDS)
  }

  /**
   * Returns when `fn` has been run, by this thread (then true) or by another. If it throws, the error comes out here and the
   * next one tries. `fn` may use other objects of this library.
   */
  run(fn: () => void): boolean {
    return this.bound((o) =>
      call_once(o, () => {
        unbind()
        try {
          fn()
        } finally {
          bind(this.view)
        }
      }),
    )
  }

  /** True if it has been run. */
  get done(): boolean {
    return this.bound(once_done)
  }
}
