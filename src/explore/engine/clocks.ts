/**
 * Vector clocks that find data races and premature frees. JavaScript is sequentially consistent for programs without
 * races, so "every interleaving of the atomics explored, and no race in any" covers plain accesses too.
 *
 * Edges    an atomic read takes what the last atomic write of the word released; a wake-up reaches the woken. Nothing
 *          else orders: the order in which the explorer happened to run two CPUs does not.
 * Frees    a free is a plain write to every word of the object: an access that no edge orders with it is a use after
 *          free that merely has not been scheduled yet.
 * Source   Flanagan & Freund, "FastTrack", PLDI 2009.
 */
import {
  ATOMIC_READ,
  ATOMIC_WRITE,
  EPOCH_CPU,
  EPOCH_SHIFT,
  NEXT_CPU,
  PLAIN_READ,
  PLAIN_WRITE,
  READ_RANGE,
  RELEASED,
  WRITE_RANGE,
  type WordTable,
} from './words.ts'

/** What two accesses that race are. */
export const ACCESS_NAMES = ['plain read', 'plain write', 'atomic read', 'atomic write'] as const
export const A_PLAIN_READ = 0
export const A_PLAIN_WRITE = 1
export const A_ATOMIC_READ = 2
export const A_ATOMIC_WRITE = 3

/** Words of the clocks of so many CPUs. */
export function clockWords(cpus: number): number {
  return cpus * cpus
}

/** The clocks of one execution. Each check returns 0, or `1 + other CPU | its access << 4` when two accesses race. */
export class Clocks {
  readonly #words: WordTable
  readonly #cpus: number
  readonly #clock: Int32Array

  /** @param clock `clockWords` to keep them in, all 0 */
  constructor(words: WordTable, cpus: number, clock: Int32Array) {
    this.#words = words
    this.#clock = clock
    this.#cpus = cpus
  }

  /** Every CPU at time 1, knowing nothing of the others. */
  restart(): void {
    this.#clock.fill(0)
    for (let cpu = 0; cpu < this.#cpus; cpu++) this.#clock[cpu * this.#cpus + cpu] = 1
  }

  /** What a CPU knows of the time of another. */
  known(cpu: number, other: number): number {
    return this.#clock[cpu * this.#cpus + other]!
  }

  /** True if an epoch is not in the past of the CPU whose clock starts at `mine`. */
  #after(epoch: number, cpu: number, mine: number): boolean {
    const other = (epoch & EPOCH_CPU) - 1
    return other >= 0 && other !== cpu && this.#clock[mine + other]! < epoch >> EPOCH_SHIFT
  }

  /** CPU + 1 of a reader among the clocks at `reads` that is not in this CPU's past, or 0. */
  #reader(reads: number, cpu: number, mine: number): number {
    const t = this.#words.table
    for (let other = 0; other < this.#cpus; other++) {
      if (other !== cpu && t[reads + other * NEXT_CPU]! > this.#clock[mine + other]!) return other + 1
    }
    return 0
  }

  /** The last plain write is not in the CPU's past. */
  isRacy(cpu: number, slot: number): boolean {
    return this.#after(this.#words.table[slot + PLAIN_WRITE]!, cpu, cpu * this.#cpus)
  }

  plainRead(cpu: number, slot: number): number {
    const t = this.#words.table
    const mine = cpu * this.#cpus
    const plain = t[slot + PLAIN_WRITE]!
    if (plain !== 0 && this.#after(plain, cpu, mine)) return (plain & EPOCH_CPU) | (A_PLAIN_WRITE << 4)
    const atomic = t[slot + ATOMIC_WRITE]!
    if (atomic !== 0 && this.#after(atomic, cpu, mine)) return (atomic & EPOCH_CPU) | (A_ATOMIC_WRITE << 4)
    t[slot + PLAIN_READ + cpu * NEXT_CPU] = this.#clock[mine + cpu]!
    return 0
  }

  plainWrite(cpu: number, slot: number): number {
    const t = this.#words.table
    const mine = cpu * this.#cpus
    const plain = t[slot + PLAIN_WRITE]!
    if (plain !== 0 && this.#after(plain, cpu, mine)) return (plain & EPOCH_CPU) | (A_PLAIN_WRITE << 4)
    const atomic = t[slot + ATOMIC_WRITE]!
    if (atomic !== 0 && this.#after(atomic, cpu, mine)) return (atomic & EPOCH_CPU) | (A_ATOMIC_WRITE << 4)
    const reader = this.#reader(slot + PLAIN_READ, cpu, mine)
    if (reader !== 0) return reader | (A_PLAIN_READ << 4)
    const atomicReader = this.#reader(slot + ATOMIC_READ, cpu, mine)
    if (atomicReader !== 0) return atomicReader | (A_ATOMIC_READ << 4)
    t[slot + PLAIN_WRITE] = (cpu + 1) | (this.#clock[mine + cpu]! << EPOCH_SHIFT)
    return 0
  }

  atomic(cpu: number, slot: number, reads: boolean, writes: boolean): number {
    const t = this.#words.table
    const clock = this.#clock
    const cpus = this.#cpus
    const mine = cpu * this.#cpus
    const plain = t[slot + PLAIN_WRITE]!
    if (plain !== 0 && this.#after(plain, cpu, mine)) return (plain & EPOCH_CPU) | (A_PLAIN_WRITE << 4)
    if (writes) {
      const reader = this.#reader(slot + PLAIN_READ, cpu, mine)
      if (reader !== 0) return reader | (A_PLAIN_READ << 4)
    }
    const released = slot + RELEASED
    if (reads) {
      // What this CPU released itself it knows already.
      if ((t[slot + ATOMIC_WRITE]! & EPOCH_CPU) !== cpu + 1) {
        for (let u = 0; u < cpus; u++) {
          const theirs = t[released + u * NEXT_CPU]!
          if (theirs > clock[mine + u]!) clock[mine + u] = theirs
        }
      }
      t[slot + ATOMIC_READ + cpu * NEXT_CPU] = clock[mine + cpu]!
    }
    if (writes) {
      for (let u = 0; u < cpus; u++) t[released + u * NEXT_CPU] = clock[mine + u]!
      const now = clock[mine + cpu]!
      t[slot + ATOMIC_WRITE] = (cpu + 1) | (now << EPOCH_SHIFT)
      clock[mine + cpu] = now + 1
    }
    return 0
  }

  /**
   * An atomic access to a part of a word, or to more than it, beside others of another size: two that overlap without covering
   * the same bytes race although both are atomic. Call it before `atomic`, with a number that tells the range.
   */
  mixed(cpu: number, slot: number, reads: boolean, writes: boolean, range: number): number {
    const t = this.#words.table
    const mine = cpu * this.#cpus
    const atomic = t[slot + ATOMIC_WRITE]!
    if (atomic !== 0 && t[slot + WRITE_RANGE] !== range && this.#after(atomic, cpu, mine))
      return (atomic & EPOCH_CPU) | (A_ATOMIC_WRITE << 4)
    const readers = writes ? this.#cpus : 0
    for (let other = 0; other < readers; other++) {
      if (other === cpu || t[slot + READ_RANGE + other * NEXT_CPU] === range) continue
      if (t[slot + ATOMIC_READ + other * NEXT_CPU]! > this.#clock[mine + other]!)
        return (other + 1) | (A_ATOMIC_READ << 4)
    }
    if (reads) t[slot + READ_RANGE + cpu * NEXT_CPU] = range
    if (writes) t[slot + WRITE_RANGE] = range
    return 0
  }

  /** What the CPU knows now, to be handed to somebody with a message. It must `tick` afterwards. */
  snapshot(cpu: number): Int32Array {
    return this.#clock.slice(cpu * this.#cpus, cpu * this.#cpus + this.#cpus)
  }

  /** The CPU has received a message with what its sender knew. */
  join(cpu: number, known: Int32Array): void {
    for (let u = 0; u < this.#cpus; u++) {
      if (known[u]! > this.#clock[cpu * this.#cpus + u]!) this.#clock[cpu * this.#cpus + u] = known[u]!
    }
  }

  /** `waker` woke `woken`. Call `tick` for the waker once it has woken everybody. */
  wake(waker: number, woken: number): void {
    const clock = this.#clock
    const cpus = this.#cpus
    for (let u = 0; u < cpus; u++) {
      const theirs = clock[waker * cpus + u]!
      if (theirs > clock[woken * cpus + u]!) clock[woken * cpus + u] = theirs
    }
  }

  /** The CPU has released its clock to somebody: what it does from here on is later. */
  tick(cpu: number): void {
    this.#clock[cpu * this.#cpus + cpu]!++
  }
}
