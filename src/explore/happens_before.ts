/**
 * The happens-before relation of a finished trace, its races, and the hash of its equivalence class (Mazurkiewicz trace).
 * Incremental: events that a trace shares with the one analysed before are kept.
 *
 * Invariant  after `extend(n)`: vc[j * MAX_CPUS + t] is 1 + the latest event of CPU t that happens before event j, or
 *            is j itself; 0 if there is none. For each word, `head` leads through the events on it, latest first.
 */
import {
  BARRIER,
  CHOOSE,
  dependent,
  QUEUES,
  READS,
  RELAX,
  RESUME,
  SPINS,
  UNORDERED,
  WAKES,
  WRITES,
} from './dependence.ts'
import { ROW, T_ADDR, T_CLASS, T_CPU, T_OLD, T_OP, T_X } from './engine/rows.ts'
import type { Execution } from './engine/execution.ts'
import { SPIN_WORDS } from './engine/spin.ts'
import { MAX_CPUS } from './engine/words.ts'
import type { Meetings } from './searches/meetings.ts'

/** Hears of each race (i, j): adjacent in happens-before, dependent, on different CPUs. */
export type OnRace = (i: number, j: number) => void

const NO_RACE: OnRace = () => {}

/** The relation of the traces of one engine, one after the other. */
export class HappensBefore {
  readonly #run: Execution
  readonly #meetings: Meetings | undefined
  readonly #hashes: boolean
  readonly vc: Int32Array
  readonly cpu: Int32Array
  readonly #class: Int32Array
  /** Event before this one on the same CPU, or -1. */
  readonly #before: Int32Array
  /** Nodes: one per event and word. */
  #nodeEvent: Int32Array
  #nodeNext: Int32Array
  #nodeAddr: Int32Array
  readonly #firstNode: Int32Array
  #nodes = 1
  readonly #head: Int32Array
  readonly #latest = new Int32Array(MAX_CPUS).fill(-1)
  readonly #mark: Int32Array
  #marks = 0
  length = 0
  // Prefix hashes.
  readonly #h1: Int32Array
  readonly #h2: Int32Array
  readonly #seq: Int32Array

  /** `meetings` hears of each word on which CPUs meet; `hashes`: prefixes have hashes. */
  constructor(run: Execution, meetings?: Meetings, hashes = true) {
    const n = run.rules.maxSteps + 2
    this.#run = run
    this.#meetings = meetings
    this.#hashes = hashes
    this.vc = new Int32Array(n * MAX_CPUS)
    this.cpu = new Int32Array(n)
    this.#class = new Int32Array(n)
    this.#before = new Int32Array(n)
    this.#firstNode = new Int32Array(n)
    this.#nodeEvent = new Int32Array(4 * n)
    this.#nodeNext = new Int32Array(4 * n)
    this.#nodeAddr = new Int32Array(4 * n)
    this.#head = new Int32Array(run.memory.length)
    this.#mark = new Int32Array(run.memory.length)
    this.#h1 = new Int32Array(n)
    this.#h2 = new Int32Array(n)
    this.#seq = new Int32Array(n)
  }

  /** Forgets the events from `length` on. */
  rewind(length: number): void {
    for (let j = this.length - 1; j >= length; j--) {
      for (let node = this.#nodes - 1; node >= this.#firstNode[j]!; node--) {
        this.#head[this.#nodeAddr[node]!] = this.#nodeNext[node]!
      }
      this.#nodes = this.#firstNode[j]!
      this.#latest[this.cpu[j]!] = this.#before[j]!
    }
    this.length = Math.min(this.length, length)
  }

  /** Analyses the run's trace. Its first `common` events are those of the trace analysed before. */
  analyse(common: number, onRace: OnRace = NO_RACE): void {
    this.rewind(common)
    const rows = this.#run.rows
    for (let j = this.length; j < this.#run.step; j++) {
      const row = j * ROW
      const p = rows[row + T_CPU]!
      const op = rows[row + T_OP]!
      const cls = rows[row + T_CLASS]!
      const addr = rows[row + T_ADDR]!
      this.cpu[j] = p
      this.#class[j] = cls
      this.#firstNode[j] = this.#nodes
      this.#before[j] = this.#latest[p]!
      this.#inherit(j, this.#latest[p]!)
      if (op === RESUME) this.#join(j, rows[row + T_X]!)
      else if (op === RELAX) this.#spin(j, onRace)
      else if (op !== CHOOSE) {
        if ((cls & BARRIER) !== 0) for (const event of this.#latest) if (event >= 0) this.#join(j, event)
        this.#scan(j, addr, cls, onRace)
        this.#push(addr, j)
      }
      this.vc[j * MAX_CPUS + p] = j + 1
      this.#latest[p] = j
      if (this.#hashes) this.#hash(j)
    }
    this.length = this.#run.step
  }

  #inherit(j: number, from: number): void {
    const { vc } = this
    const { cpus } = this.#run
    for (let t = 0; t < cpus; t++) vc[j * MAX_CPUS + t] = from < 0 ? 0 : vc[from * MAX_CPUS + t]!
  }

  #join(j: number, i: number): void {
    const { vc } = this
    const { cpus } = this.#run
    for (let t = 0; t < cpus; t++) {
      const theirs = vc[i * MAX_CPUS + t]!
      if (theirs > vc[j * MAX_CPUS + t]!) vc[j * MAX_CPUS + t] = theirs
    }
  }

  /**
   * Joins the events on the word that event j depends on, latest first; those not yet in its past race with it. All that write are
   * ordered, and so are all that enter, leave or empty the wait queue: whatever is before the latest of them is in its past.
   */
  #scan(j: number, addr: number, cls: number, onRace: OnRace): void {
    const { cpu, vc } = this
    const events = this.#nodeEvent
    const next = this.#nodeNext
    const classes = this.#class
    const p = cpu[j]!
    const mine = j * MAX_CPUS
    let open = ((cls & (READS | WRITES)) === 0 ? 0 : WRITES) | ((cls & (QUEUES | WAKES)) === 0 ? 0 : QUEUES)
    for (let node = this.#head[addr]!; node !== 0 && open !== 0; node = next[node]!) {
      const i = events[node]!
      const q = cpu[i]!
      const theirs = classes[i]!
      const reads = (theirs & SPINS) !== 0 ? READS : theirs
      if (q !== p && dependent(reads, cls)) {
        if (this.#meetings !== undefined) this.#meet(this.#meetings, i, j, addr)
        if (vc[mine + q]! <= i) {
          onRace(i, j)
          this.#join(j, i)
        }
      }
      if ((theirs & WRITES) !== 0) open &= ~WRITES
      // Who meets whom on the queue is not told by the latest alone.
      if ((theirs & (QUEUES | WAKES)) !== 0 && this.#meetings === undefined) open &= ~QUEUES
    }
  }

  /**
   * Two CPUs have met on a word, unless it was in two objects. Allocators touch free objects by plain accesses only; but cpu_relax
   * looks at words whose object is gone.
   */
  #meet(meetings: Meetings, i: number, j: number, addr: number): void {
    const { words, rules } = this.#run
    const theirs = this.#class[i]!
    const relaxes = (theirs & SPINS) !== 0
    const born = relaxes || rules.touchFreed === true ? 0 : words.bornAt(addr)
    if (i < born && born <= j) return
    meetings.met(addr, this.cpu[i]!, this.#class[j]!)
    meetings.met(addr, this.cpu[j]!, relaxes ? READS : theirs)
  }

  /**
   * cpu_relax reads all words of its iteration. Its predecessors on all of them are taken in one decreasing order: word by
   * word would misjudge which events are first.
   */
  #spin(j: number, onRace: OnRace): void {
    const p = this.cpu[j]!
    const words = this.#spinWords(this.#before[j]!)
    const writes: number[] = []
    for (const addr of words) {
      let node = this.#head[addr]!
      while (node !== 0 && (this.#class[this.#nodeEvent[node]!]! & WRITES) === 0) node = this.#nodeNext[node]!
      if (node === 0) continue
      const i = this.#nodeEvent[node]!
      writes.push(i)
      if (this.cpu[i] !== p) this.#meetings?.met(addr, this.cpu[i]!, READS)
    }
    writes.sort((a, b) => b - a)
    for (const i of writes) {
      const q = this.cpu[i]!
      if (q === p || this.vc[j * MAX_CPUS + q]! > i) continue
      onRace(i, j)
      this.#join(j, i)
    }
    for (const addr of words) this.#push(addr, j)
  }

  /** Words that the CPU has read since its last cpu_relax, going back from this event. */
  #spinWords(from: number): number[] {
    const rows = this.#run.rows
    const found: number[] = []
    const mark = ++this.#marks
    for (let k = from; k >= 0 && (this.#class[k]! & SPINS) === 0; k = this.#before[k]!) {
      const addr = rows[k * ROW + T_ADDR]!
      if ((this.#class[k]! & READS) === 0 || this.#mark[addr] === mark) continue
      this.#mark[addr] = mark
      found.push(addr)
    }
    return found.length > SPIN_WORDS ? [] : found
  }

  #push(addr: number, j: number): void {
    const node = this.#nodes++
    if (node === this.#nodeEvent.length) {
      this.#nodeEvent = doubled(this.#nodeEvent)
      this.#nodeNext = doubled(this.#nodeNext)
      this.#nodeAddr = doubled(this.#nodeAddr)
    }
    this.#nodeEvent[node] = j
    this.#nodeAddr[node] = addr
    this.#nodeNext[node] = this.#head[addr]!
    this.#head[addr] = node
  }

  /** Hash of a prefix: a sum over its events, so that equivalent orders give the same. */
  #hash(j: number): void {
    const { vc } = this
    const { cpus } = this.#run
    const p = this.cpu[j]!
    const before = this.#before[j]!
    const seq = before < 0 ? 1 : this.#seq[before]! + 1
    this.#seq[j] = seq
    const { rows } = this.#run
    // Alternatives are different events, and so are values that nobody orders.
    const value = rows[j * ROW + T_OP] === CHOOSE ? T_X : T_OLD
    const isOwn = value === T_X || (this.#class[j]! & UNORDERED) !== 0
    const taken = isOwn ? rows[j * ROW + value]! + 1 : 0
    let h = Math.imul(p + 1 + taken * 16, 0x9e37_79b1) ^ Math.imul(seq, 0x85eb_ca6b)
    let g = Math.imul(p + 7 + taken * 16, 0xc2b2_ae35) ^ Math.imul(seq, 0x27d4_eb2f)
    for (let t = 0; t < cpus; t++) {
      const event = vc[j * MAX_CPUS + t]!
      const s = event === 0 ? 0 : this.#seq[event - 1]!
      h = Math.imul(h ^ (s + t * 131), 0x0100_0193)
      h ^= h >>> 15
      g = Math.imul(g ^ (s * 7 + t), 0x5bd1_e995)
      g ^= g >>> 13
    }
    this.#h1[j + 1] = (this.#h1[j]! + Math.imul(h ^ (h >>> 16), 0x7feb_352d)) | 0
    this.#h2[j + 1] = (this.#h2[j]! + Math.imul(g ^ (g >>> 15), 0x846c_a68b)) | 0
  }

  /** 53-bit hash of the class of the first `length` events. */
  key(length: number): number {
    return (this.#h1[length]! >>> 0) * 0x20_0000 + (this.#h2[length]! & 0x1f_ffff)
  }

  /** The same, of 64 bits. */
  high(length: number): number {
    return this.#h1[length]!
  }

  low(length: number): number {
    return this.#h2[length]!
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const next = new Int32Array(array.length * 2)
  next.set(array)
  return next
}
