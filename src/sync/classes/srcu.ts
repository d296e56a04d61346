/** Srcu: srcu.ts over any shared memory. */
import { bind, unbind } from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import {
  get_state_synchronize_srcu,
  init_srcu_slots,
  poll_state_synchronize_srcu,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_struct,
  start_poll_synchronize_srcu,
  synchronize_srcu,
} from '../srcu.ts'
import { SharedObject, type Memory } from './shared.ts'

const align = (words: number): number => Math.ceil(words / CACHE_LINE_WORDS) * CACHE_LINE_WORDS

/** Readers that never wait, updaters that wait for them. */
export class Srcu extends SharedObject<'srcu_struct'> {
  /**
   * Size in 32-bit words for that many slots, a power of two. Threads share a slot when there are more of them: correct, but
   * then they share a cache line.
   */
  static words(slots: number): number {
    return align(srcu_struct.words) + slots * CACHE_LINE_WORDS
  }

  /** The domain at a word of the memory, made by `init` before. The address should be a multiple of 16. */
  constructor(memory: Memory, address: number) {
    super(memory, address, srcu_struct.words)
  }

  /** Makes a domain in zeroed words. One thread does it, before the others use it. */
  static init(memory: Memory, address: number, slots: number): Srcu {
    if (slots < 1 || (slots & (slots - 1)) !== 0) throw new RangeError(`${slots} slots: not a power of two`)
    const made = new Srcu(memory, address)
    if (address + Srcu.words(slots) > made.view.length) {
      throw new RangeError(`${slots} slots do not fit a memory of ${made.view.length} words`)
    }
    made.bound((ssp) => {
      init_srcu_slots(ssp, 'Srcu', address + align(srcu_struct.words), slots, slots - 1)
    })
    return made
  }

  /** Enters a reader, which never waits. Returns the index for `unlock`. Readers may nest and may sleep. */
  lock(): number {
    bind(this.view)
    const idx = srcu_read_lock(this.address)
    unbind()
    return idx
  }

  /** Leaves the reader, on the thread that entered it. */
  unlock(idx: number): void {
    bind(this.view)
    srcu_read_unlock(this.address, idx)
    unbind()
  }

  /** Waits until every reader that is inside now has left. Not inside a reader. */
  synchronize(): void {
    this.bound(synchronize_srcu)
  }

  /** A cookie that `poll` will find reached after a grace period from now; polling drives it. */
  startPoll(): number {
    return this.bound(start_poll_synchronize_srcu)
  }

  /** A cookie as from `startPoll`, that does not ask for a grace period. */
  state(): number {
    return this.bound(get_state_synchronize_srcu)
  }

  /** True if a grace period has passed since the cookie was taken. Never waits. */
  poll(cookie: number): boolean {
    return this.bound((ssp) => poll_state_synchronize_srcu(ssp, cookie))
  }
}
