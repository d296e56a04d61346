/**
 * The state of an execution between two steps: all that decides what can come of it. Two executions with one state have the same
 * futures, so one of them is enough.
 *
 * State     the words that differ from the start; where each body is (the step of its behaviour, which stands for all that it has read
 *           since it last was at a place that tells everything); who sleeps, in which order; early time-outs and spurious wake-ups used;
 *           virtual time, which also says until when a sleeper sleeps; for races, the clocks; for loops that relax, what they have
 *           read and whether it has changed.
 * Clocks    only comparisons within one component matter, so components are given as ranks, and what everybody knows as 0.
 * Symmetry  CPUs with the same body that has no way of telling which it is may change places: they are given in an order of their own.
 * Sums      words are a set, so what is known of them is added up, whatever the order.
 */
import { FINISHED, RUNNING } from '../engine/cpus.ts'
import {
  ADDRESS,
  ATOMIC_READ,
  ATOMIC_WRITE,
  EPOCH_CPU,
  EPOCH_SHIFT,
  MAX_CPUS,
  NEXT_CPU,
  PLAIN_READ,
  PLAIN_WRITE,
  READ_RANGE,
  RELEASED,
  SAVED,
  SPIN_VERSION,
  VERSION,
  WRITE_RANGE,
} from '../engine/words.ts'
import type { States } from '../searches/search.ts'
import type { LearningEngine } from './learning_engine.ts'
import { Hash64, mixed } from './mixed.ts'

/** Hashes the states of one engine to 64 bits. */
export class StateHash extends Hash64 implements States {
  readonly #engine: LearningEngine
  /** CPUs in the order of the state. */
  readonly #order: number[]
  readonly #place = new Int32Array(MAX_CPUS)
  /** What there is of each CPU: 64 bits. */
  readonly #part = new Int32Array(MAX_CPUS)
  readonly #other = new Int32Array(MAX_CPUS)
  readonly #time = new Float64Array(1)
  readonly #timeBits = new Int32Array(this.#time.buffer)
  #values = new Int32Array(64)
  #count = 0

  constructor(engine: LearningEngine) {
    super()
    this.#engine = engine
    this.#order = Array.from({ length: engine.cpus }, (_, cpu) => cpu)
  }

  /** Changes when what was hashed before is no longer to be compared with. */
  get generation(): number {
    return this.#engine.generation
  }

  /** Sets `high` and `low` to the hash of the present state. */
  take(): void {
    const { cpus, rules } = this.#engine
    for (let cpu = 0; cpu < cpus; cpu++) {
      this.begin(0)
      this.#takePart(cpu)
      this.#part[cpu] = this.high
      this.#other[cpu] = this.low
    }
    this.begin(cpus)
    this.#sort()
    for (const cpu of this.#order) {
      this.add(this.#part[cpu]!)
      this.add(this.#other[cpu]!)
    }
    this.addMemory()
    if (rules.races) this.addClocks()
  }

  protected addMemory(): void {
    const { words, memory } = this.#engine
    let [sum, other] = [0, 0]
    for (let i = 0; i < words.touchedCount; i++) {
      const slot = words.touched[i]!
      const addr = words.table[slot + ADDRESS]!
      const value = memory[addr]!
      if (value === words.table[slot + SAVED]) continue
      const one = mixed(addr, value)
      sum = (sum + one) | 0
      other = (other + mixed(one, addr)) | 0
    }
    this.add(sum)
    this.add(other)
  }

  /** What there is of one CPU that does not refer to others, and its place in wait queues. */
  #takePart(cpu: number): void {
    const run = this.#engine
    this.addPosition(cpu)
    if (run.status[cpu] === FINISHED) return
    this.addUsed(cpu)
    this.addTime(cpu)
    if (run.status[cpu] !== RUNNING) this.addRank(cpu)
    if (run.relaxes) this.addSpin(cpu)
  }

  /** How a body has come to its end says nothing of what comes. */
  protected addPosition(cpu: number): void {
    const run = this.#engine
    const status = run.status[cpu]!
    this.add(status === FINISHED ? 0 : run.stepOf(cpu).id)
    this.add(((run.alike[cpu] ?? cpu) << 2) | status)
  }

  /** Early time-outs and spurious wake-ups. */
  protected addUsed(cpu: number): void {
    this.add((this.#engine.early[cpu]! << 8) | this.#engine.spurious[cpu]!)
  }

  /** Until when a sleeper sleeps follows from this and from where it is. */
  protected addTime(cpu: number): void {
    const [time, bits] = [this.#time, this.#timeBits]
    time[0] = this.#engine.clock[cpu]!
    if (time[0] === 0) return
    this.add(bits[0]!)
    this.add(bits[1]!)
  }

  /** How many have slept longer in the same queue. */
  protected addRank(cpu: number): void {
    const { status, queue, arrival, cpus } = this.#engine
    let rank = 0
    for (let other = 0; other < cpus; other++) {
      if (status[other] === RUNNING || status[other] === FINISHED || queue[other] !== queue[cpu]) continue
      if (arrival[other]! < arrival[cpu]!) rank++
    }
    this.add(rank)
  }

  /** What the CPU has read since it last relaxed, and whether that has changed. */
  protected addSpin(cpu: number): void {
    const { spinCount, spinSlots, spinWrote, spinIdle, words } = this.#engine
    const { table } = words
    const n = spinCount[cpu]!
    let [sum, other] = [0, 0]
    const slots = spinSlots[cpu]!
    for (let i = 0; i < Math.min(n, slots.length); i++) {
      const slot = slots[i]!
      const changed = table[slot + SPIN_VERSION + cpu * NEXT_CPU] === table[slot + VERSION] ? 0 : 1
      const one = mixed(table[slot + ADDRESS]!, changed)
      sum = (sum + one) | 0
      other = (other + mixed(one, n)) | 0
    }
    this.add((n << 1) | spinWrote[cpu]!)
    this.add(sum)
    this.add(other)
    this.add(spinIdle[cpu]!)
  }

  /** Puts CPUs with the same body in the order of their parts; the others stay where they are. */
  #sort(): void {
    const order = this.#order
    const { alike } = this.#engine
    for (let i = 0; i < order.length; i++) order[i] = i
    for (let i = 1; i < order.length; i++) {
      for (let j = i; j > 0; j--) {
        const [a, b] = [order[j - 1]!, order[j]!]
        const [x, y] = [alike[a] ?? a, alike[b] ?? b]
        if (x < y || (x === y && !this.#follows(a, b))) break
        order[j - 1] = b
        order[j] = a
      }
    }
    for (let i = 0; i < order.length; i++) this.#place[order[i]!] = i
  }

  /** CPU a, of the same body, belongs behind CPU b. */
  #follows(a: number, b: number): boolean {
    const [part, other] = [this.#part, this.#other]
    return part[a] === part[b] ? other[a]! > other[b]! : part[a]! > part[b]!
  }

  /** Takes down a value of the component that is being looked at, if somebody does not know it yet. */
  #note(value: number, base: number): void {
    if (value <= base) return
    if (this.#count === this.#values.length) {
      const more = new Int32Array(this.#count * 2)
      more.set(this.#values)
      this.#values = more
    }
    this.#values[this.#count++] = value
  }

  /** Its rank among those that were noted; 0 if everybody knows it. */
  #rankOf(value: number): number {
    let rank = 0
    for (let i = 0; i < this.#count; i++) if (this.#values[i]! < value) rank++
    return rank + 1
  }

  protected addClocks(): void {
    for (const u of this.#order) {
      const base = this.#knownToAll(u)
      this.#count = 0
      if (base !== Infinity) this.#component(u, base)
    }
  }

  /** What every other CPU that still runs knows of CPU u. */
  #knownToAll(u: number): number {
    const { cpus, status, clocks } = this.#engine
    let base = Infinity
    for (let t = 0; t < cpus; t++) {
      if (t !== u && status[t] !== FINISHED) base = Math.min(base, clocks.known(t, u))
    }
    return base
  }

  #component(u: number, base: number): void {
    const { cpus, status, clocks, words, grain } = this.#engine
    const { table, touched, touchedCount } = words
    for (let t = 0; t < cpus; t++) if (status[t] !== FINISHED) this.#note(clocks.known(t, u), base)
    for (let i = 0; i < touchedCount; i++) {
      const slot = touched[i]!
      this.#note(table[slot + RELEASED + u * NEXT_CPU]!, base)
      this.#note(table[slot + PLAIN_READ + u * NEXT_CPU]!, base)
      this.#note(table[slot + ATOMIC_READ + u * NEXT_CPU]!, base)
      this.#note(epochOf(table[slot + PLAIN_WRITE]!, u), base)
      this.#note(epochOf(table[slot + ATOMIC_WRITE]!, u), base)
    }
    this.#distinct()
    const me = this.#place[u]!
    for (let t = 0; t < cpus; t++) {
      const known = status[t] === FINISHED ? 0 : clocks.known(t, u)
      if (known > base) this.add(mixed((this.#place[t]! << 4) | me, this.#rankOf(known)))
    }
    let [sum, other] = [0, 0]
    const add = (addr: number, field: number, value: number, range: number): void => {
      if (value <= base) return
      const one = mixed(mixed(addr, field), mixed(this.#rankOf(value), range))
      sum = (sum + one) | 0
      other = (other + mixed(one, field)) | 0
    }
    for (let i = 0; i < touchedCount; i++) {
      const slot = touched[i]!
      const addr = table[slot + ADDRESS]!
      const ranges = grain.mixed
      add(addr, RELEASED, table[slot + RELEASED + u * NEXT_CPU]!, 0)
      add(addr, PLAIN_READ, table[slot + PLAIN_READ + u * NEXT_CPU]!, 0)
      add(
        addr,
        ATOMIC_READ,
        table[slot + ATOMIC_READ + u * NEXT_CPU]!,
        ranges ? table[slot + READ_RANGE + u * NEXT_CPU]! : 0,
      )
      add(addr, PLAIN_WRITE, epochOf(table[slot + PLAIN_WRITE]!, u), 0)
      add(
        addr,
        ATOMIC_WRITE,
        epochOf(table[slot + ATOMIC_WRITE]!, u),
        ranges ? table[slot + WRITE_RANGE]! : 0,
      )
    }
    this.add(mixed(sum, me))
    this.add(other)
  }

  /** Leaves each value once. */
  #distinct(): void {
    let n = 0
    for (let i = 0; i < this.#count; i++) {
      const value = this.#values[i]!
      let known = false
      for (let j = 0; j < n && !known; j++) known = this.#values[j] === value
      if (!known) this.#values[n++] = value
    }
    this.#count = n
  }
}

/** The clock in an epoch, if it is one of CPU u. */
function epochOf(epoch: number, u: number): number {
  return (epoch & EPOCH_CPU) === u + 1 ? epoch >> EPOCH_SHIFT : 0
}
