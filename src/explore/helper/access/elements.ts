/**
 * The memory of foreign code as elements of every size and kind: what they hold, which word stands for them, who races for them.
 *
 * Words   word w of the program's memory is word FIRST_WORD + w of the engine's, so elements keep their alignment.
 */
import { ADD, AND, CAS, LOAD, OR, STORE, SUB, XCHG, XOR } from '../../dependence.ts'
import { A_ATOMIC_WRITE, A_PLAIN_READ, A_PLAIN_WRITE } from '../../engine/clocks.ts'
import type { Rules } from '../../engine/rules.ts'
import type { Program } from '../../engine/program.ts'
import { raced } from '../../engine/perform.ts'
import { MAX_CPUS } from '../../engine/words.ts'
import type { Grain } from '../grain.ts'
import type { Held } from '../held.ts'
import { INT32, type Kind, type Value } from '../kinds.ts'
import { WHOLE } from '../pieces.ts'
import { EndingEngine } from './ending.ts'

/** Words before the program's: the engine keeps word 0 for itself, and pairs of words stay pairs. */
export const FIRST_WORD = 2
export const FIRST_BYTE: number = FIRST_WORD * 4
/** Lowest bit of a range: the access reads. The rest tells the bytes. */
export const RANGE_READS = 1

/** The functions of Atomics by operation, as they were when this module was loaded. */
export const NATIVE = {
  [LOAD]: Atomics.load,
  [STORE]: Atomics.store,
  [ADD]: Atomics.add,
  [SUB]: Atomics.sub,
  [AND]: Atomics.and,
  [OR]: Atomics.or,
  [XOR]: Atomics.xor,
  [XCHG]: Atomics.exchange,
  [CAS]: Atomics.compareExchange,
} as unknown as Readonly<Record<number, (array: object, index: number, x?: Value, y?: Value) => Value>>

/** What a ladder says of an access, in the words of the program. */
export interface Narrative {
  atomic(op: number, kind: Kind, at: number, x: Value, y: Value, old: Value, now: Value): string
  plain(at: number, size: number, write: boolean, bits: number, old: number): string
  wait(kind: Kind, at: number, value: Value, old: Value): string
  name(at: number, size: number): string
}

/** Bits of a value that fit a word. */
export function low(value: Value): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0
}

/** See the head of this file. */
export abstract class ElementEngine extends EndingEngine {
  readonly #mirrors = new Map<Kind, object>()
  protected readonly int32: Int32Array
  /** Nothing but whole words is accessed; else the exploration starts again. */
  protected readonly whole: boolean
  readonly #scratch = new Map<Kind, Record<number, Value>>()
  /** First word of the clocks of single bytes: four for each word. */
  readonly #cells: number
  /** Set while a ladder is drawn. */
  narrative: Narrative | undefined
  /** What the accesses of the running event say in the ladder. */
  caption = ''
  /** Notes what the words hold, for decoys. */
  held: Held | undefined
  /** A body has touched the memory. */
  touched = false

  constructor(initial: Int32Array, program: Program, rules: Rules, grain: Grain) {
    const cells = FIRST_WORD + initial.length
    const memory = new Int32Array(cells + (grain.anySplit ? initial.length * 4 : 0) + MAX_CPUS)
    memory.set(initial, FIRST_WORD)
    super(memory, program, rules, grain)
    this.whole = grain.whole
    this.#cells = cells
    this.int32 = memory
    this.#mirrors.set(INT32, memory)
  }

  /** The engine's memory as an array of this kind. */
  protected mirror(kind: Kind): object {
    if (kind === INT32) return this.int32
    let mirror = this.#mirrors.get(kind)
    if (mirror === undefined) {
      const { buffer } = this.int32
      mirror = new kind.Native(buffer, 0, Math.floor(buffer.byteLength / kind.size))
      this.#mirrors.set(kind, mirror)
    }
    return mirror
  }

  /** A value as an element of this kind holds it. */
  protected wrapped(kind: Kind, value: Value): Value {
    if (kind === INT32) return (value as number) | 0
    let one = this.#scratch.get(kind)
    if (one === undefined) {
      one = new kind.Native(1) as unknown as Record<number, Value>
      this.#scratch.set(kind, one)
    }
    one[0] = value
    return one[0]
  }

  /** Checks one access of the running CPU against the clocks, byte by byte where the word is split. */
  protected order(word: number, mask: number, access: number, range: number): void {
    if (!this.rules.races) return
    if (this.grain.isSplit(word - FIRST_WORD)) {
      for (let byte = 0; byte < 4; byte++) {
        if (((mask >> byte) & 1) === 0) continue
        const slot = this.words.at(this.#cells + (word - FIRST_WORD) * 4 + byte)
        this.#clash(word, slot, access, range)
      }
    } else {
      if (mask !== WHOLE) {
        this.grain.split(word - FIRST_WORD)
        this.regrain()
      }
      this.#clash(word, this.words.at(word), access, range)
    }
  }

  #clash(word: number, slot: number, access: number, range: number): void {
    const { clocks, me } = this
    let clash: number
    if (access === A_PLAIN_READ) clash = clocks.plainRead(me, slot)
    else if (access === A_PLAIN_WRITE) clash = clocks.plainWrite(me, slot)
    else {
      const reads = (range & RANGE_READS) !== 0
      const writes = access === A_ATOMIC_WRITE
      clash = this.grain.mixed ? clocks.mixed(me, slot, reads, writes, range >> 1) : 0
      if (clash === 0) clash = clocks.atomic(me, slot, reads, writes)
    }
    if (clash !== 0) raced(this, me, word, access, clash)
  }

  /** The word that stands for an access in the dependence relation; learns of pairs and parts. */
  protected classOf(kind: Kind, at: number): number {
    const word = FIRST_WORD + (at >> 2)
    if (kind.size === 8 && this.grain.pair(word)) this.regrain()
    if (kind.size !== 4 && this.grain.mix()) this.regrain()
    return this.grain.representative(word)
  }

  /** Notes values that do not fit one log entry. */
  protected keepValue(op: number, word: number, value: Value): Value {
    this.keep(op, word, low(value))
    if (typeof value === 'bigint') this.keep(op, word, Number(BigInt.asIntN(32, value >> 32n)))
    return value
  }

  protected replayedValue(op: number, word: number, kind: Kind): Value {
    const first = this.replayed(op, word)
    if (!kind.big) return kind.unsigned ? first >>> 0 : first
    const value = (BigInt(this.replayed(op, word)) << 32n) | BigInt(first >>> 0)
    return kind.unsigned ? BigInt.asUintN(64, value) : value
  }

  /** The operation outside of the simulation. */
  protected bare(op: number, kind: Kind, at: number, x: Value, y: Value): Value {
    const word = FIRST_WORD + (at >> 2)
    this.words.at(word)
    if (kind === INT32 && op === LOAD) return this.int32[word]!
    if (kind.size === 8) this.words.at(word + 1)
    return NATIVE[op]!(this.mirror(kind), (at + FIRST_BYTE) / kind.size, x, y)
  }

  /** What an element holds now. */
  protected valueAt(kind: Kind, at: number): Value {
    return this.bare(LOAD, kind, at, 0, 0)
  }

  /** A copy of the program's memory, as it is now. */
  snapshot(): Int32Array {
    return this.int32.slice(FIRST_WORD, this.#cells)
  }

  /** The words of the program's memory themselves. */
  get programWords(): Int32Array {
    return this.int32.subarray(FIRST_WORD, this.#cells)
  }
}
