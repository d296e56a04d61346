/**
 * Requests under way, by CPU, so that an interruption finds the CPU that serves it.
 *
 * State   per CPU, on a cache line of its own in the arena: a lock, and the number of the request (0 none).
 * Order   the lock is outer to nothing but send_signal, which takes none.
 * Invariant   a signal that is sent for a request never meets the next one: the CPU takes its number away, and the signal
 *         with it, under the lock under which somebody else finds the number and sends the signal.
 */
import { read, smp_processor_id, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { alloc_percpu, num_possible_cpus, percpuStride } from '../mem/index.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { clear_signal, send_signal, spin_lock, spin_lock_init, spin_unlock, spinlock } from '../sync/index.ts'

const under_way = struct('under_way', { lock: embed(spinlock), low: word, high: word })
const LOCK = under_way.at.lock
const { low: LOW, high: HIGH } = under_way.offset
const STRIDE = percpuStride(under_way.words)

/** See the head of this file. One object per thread, on the same words. */
export class UnderWay {
  readonly #base: number

  /** @param base what `make` has returned */
  constructor(base: number) {
    this.#base = base
  }

  /** Makes the words. Boot CPU. 0 when the arena is full. */
  static make(): number {
    const base = alloc_percpu(under_way.words)
    if (base === 0) return 0
    for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
      spin_lock_init(LOCK(as(base + cpu * STRIDE)), 'under_way->lock')
    }
    return base
  }

  #of(cpu: number): Addr<'under_way'> {
    return as(this.#base + cpu * STRIDE)
  }

  #put(unique: bigint): void {
    const mine = this.#of(smp_processor_id())
    spin_lock(LOCK(mine))
    write(mine + LOW, Number(BigInt.asIntN(32, unique)))
    write(mine + HIGH, Number(BigInt.asIntN(32, unique >> 32n)))
    if (unique === 0n) clear_signal()
    spin_unlock(LOCK(mine))
  }

  /** This CPU serves a request. */
  begin(unique: bigint): void {
    this.#put(unique)
  }

  /** It has ended, and so has any signal that was sent for it. */
  end(): void {
    this.#put(0n)
  }

  /** The request that a CPU serves; 0 for none. */
  of(cpu: number): bigint {
    const at = this.#of(cpu)
    return (BigInt(read(at + HIGH) >>> 0) << 32n) | BigInt(read(at + LOW) >>> 0)
  }

  /** Sends a signal to the CPU that serves a request. False: none does. */
  interrupt(unique: bigint): boolean {
    for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
      if (this.of(cpu) !== unique) continue
      const at = this.#of(cpu)
      spin_lock(LOCK(at))
      const found = this.of(cpu) === unique
      if (found) send_signal(cpu)
      spin_unlock(LOCK(at))
      if (found) return true
    }
    return false
  }
}
