/**
 * The engine of foreign code: what `Reexec` does for words of 32 bits, for elements of every size and kind. The program's memory is
 * kept apart from every real one, so nothing but what goes through here can reach it.
 *
 * Words    word w of the program's memory is word FIRST_WORD + w of the engine's, so elements keep their alignment. An atomic
 *          access is one event, of its word or of the pair of words that it covers; a plain one is as many accesses as it has pieces.
 * Races    with `races` plain accesses are checked by clocks and are no events; without, each piece of one is a schedule point.
 */
import { FUTEX_MISMATCH, FUTEX_TIMEDOUT, FUTEX_WOKEN } from '#access'
import {
  ADD,
  AND,
  CAS,
  CHANGED,
  LOAD,
  OR,
  QUEUES,
  READS,
  RESUME,
  STORE,
  SUB,
  WAIT,
  WAKE,
  WRITES,
  XCHG,
  XOR,
} from '../dependence.ts'
import { A_ATOMIC_READ, A_ATOMIC_WRITE, A_PLAIN_READ, A_PLAIN_WRITE } from '../engine/clocks.ts'
import {
  DIRECT,
  LIVE,
  ROW,
  RUNNING,
  SLEEPING,
  T_ADDR,
  T_CPU,
  UNWINDING,
  type Policy,
  type Rules,
} from '../engine/execution.ts'
import { ALL, ENTERED, leaveWait, sleepOn, wake } from '../engine/futex.ts'
import { PLAIN_LOAD, PLAIN_STORE, STAMP } from '../engine/log.ts'
import type { Program } from '../engine/nested.ts'
import { REDUNDANT, STEP_LIMIT } from '../../define/outcome.ts'
import { applied, raced } from '../engine/perform.ts'
import { Reexec } from '../engine/reexec.ts'
import { noteRead } from '../engine/spin.ts'
import { MAX_CPUS, VERSION } from '../engine/words.ts'
import { REGRAIN, type Grain } from './grain.ts'
import { INT32, type Kind, type Value } from './kinds.ts'
import { bitsOf, maskOf, piece, piecesOf, setPiece, WHOLE } from './pieces.ts'
import { RefusedError } from './refused.ts'

/** Words before the program's: the engine keeps word 0 for itself, and pairs of words stay pairs. */
export const FIRST_WORD = 2
const FIRST_BYTE = FIRST_WORD * 4
/** Bits of a plain log entry's address that hold the byte mask. */
const MASK_BITS = 4
/** Most words of a program's memory: what an address of the log can hold. */
export const MOST_WORDS = 1 << 22
/** Accesses of a body that is being stopped (in `finally`, or after it has caught what the engine throws) before it is let run to its end. */
const MOST_CAUGHT = 64
/** Steps at the end of an execution that are looked at for what is polled. */
const LATELY = 200

/** The functions of Atomics by operation, as they were when this module was loaded. */
const NATIVE = {
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
export class UserEngine extends Reexec {
  readonly grain: Grain
  readonly #mirrors = new Map<Kind, object>()
  readonly #int32: Int32Array
  /** Nothing but whole words is accessed; else the exploration starts again. */
  readonly #whole: boolean
  readonly #scratch = new Map<Kind, Record<number, Value>>()
  /** First word of the clocks of single bytes: four for each word. */
  readonly #cells: number
  /** What each sleeper waits for. */
  protected readonly seen: { kind: Kind; at: number; value: Value }[] = []
  /** Set while a ladder is drawn. */
  narrative: Narrative | undefined
  /** What the accesses of the running event say in the ladder. */
  caption = ''
  /** The exploration must end, whatever the bodies do. */
  refusal: RefusedError | undefined
  /** A body has touched the memory. */
  touched = false
  /** Something else than the bodies' code runs, between two turns of theirs. */
  protected foreignTurn = false
  #caught = 0
  /** Told which body runs. */
  onEnter: (cpu: number) => void = () => {}

  constructor(initial: Int32Array, program: Program, rules: Rules, grain: Grain) {
    const cells = FIRST_WORD + initial.length
    const memory = new Int32Array(cells + (grain.anySplit ? initial.length * 4 : 0) + MAX_CPUS)
    memory.set(initial, FIRST_WORD)
    super(memory, program, rules)
    this.grain = grain
    this.#whole = grain.whole
    this.#cells = cells
    this.#int32 = memory
    this.#mirrors.set(INT32, memory)
  }

  override execute(policy: Policy): number {
    return this.settled(super.execute(policy))
  }

  /** The end of an execution: throws if the exploration has to end, or to start again. */
  protected settled(outcome: number): number {
    this.onEnter(-1)
    if (this.refusal !== undefined) throw this.refusal
    // eslint-disable-next-line typescript/only-throw-error -- it is caught by `staged` alone
    if (this.grain.learned) throw REGRAIN
    return outcome
  }

  protected override enter(cpu: number): void {
    super.enter(cpu)
    this.#caught = 0
    this.onEnter(cpu)
  }

  /** A step limit says which word is polled, and what to do. */
  override fail(outcome: number, cpu: number, message = '', addr = 0): never {
    if (outcome !== STEP_LIMIT || addr !== 0) return super.fail(outcome, cpu, message, addr)
    const polled = this.#polled(cpu)
    return super.fail(
      outcome,
      cpu,
      `${this.endless(cpu, polled)}; a program that needs more steps has maxSteps`,
      polled,
    )
  }

  /** What the CPU does again and again, and what helps. */
  protected endless(cpu: number, _polled: number): string {
    const advice =
      'A loop that polls memory must call Atomics.pause() or cpuRelax() of lockstorm/explore, so that it waits until somebody else writes'
    return `cpu-${cpu} reads it again and again, and it does not change. ${advice}`
  }

  /** The word that the CPU has accessed most often of late. */
  #polled(cpu: number): number {
    const counts = new Map<number, number>()
    const note = (addr: number): unknown => counts.set(addr, (counts.get(addr) ?? 0) + 1)
    for (let step = Math.max(0, this.step - LATELY); step < this.step; step++) {
      if (this.rows[step * ROW + T_CPU] === cpu && this.rows[step * ROW + T_ADDR] !== 0)
        note(this.rows[step * ROW + T_ADDR]!)
    }
    const words = this.logs.length[cpu]!
    const tail = this.logs.entries[cpu]!.subarray(Math.max(0, words - LATELY), words)
    for (let i = 0; i < tail.length; i += 2)
      if ((tail[i]! & 0x1f) === PLAIN_LOAD) note(tail[i]! >> (5 + MASK_BITS))
    return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 0
  }

  /** Ends the exploration with an error, even if the body catches what is thrown here. */
  refuse(error: RefusedError): never {
    this.refusal ??= error
    if (this.mode === DIRECT) throw error
    return this.fail(REDUNDANT, this.me)
  }

  /** A body threw what is no finding against it. */
  onThrow: (error: unknown) => RefusedError | undefined = () => undefined

  protected override thrown(error: unknown): void {
    this.refusal ??= this.onThrow(error)
  }

  /** True while a body runs, live or from its log. */
  get inBody(): boolean {
    return this.mode !== DIRECT
  }

  /** The engine's memory as an array of this kind. */
  #mirror(kind: Kind): object {
    if (kind === INT32) return this.#int32
    let mirror = this.#mirrors.get(kind)
    if (mirror === undefined) {
      const { buffer } = this.#int32
      mirror = new kind.Native(buffer, 0, Math.floor(buffer.byteLength / kind.size))
      this.#mirrors.set(kind, mirror)
    }
    return mirror
  }

  /** A value as an element of this kind holds it. */
  #wrapped(kind: Kind, value: Value): Value {
    if (kind === INT32) return (value as number) | 0
    let one = this.#scratch.get(kind)
    if (one === undefined) {
      one = new kind.Native(1) as unknown as Record<number, Value>
      this.#scratch.set(kind, one)
    }
    one[0] = value
    return one[0]
  }

  #regrain(): never {
    return this.fail(REDUNDANT, this.me)
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
        this.#regrain()
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
    if (kind.size === 8 && this.grain.pair(word)) this.#regrain()
    if (kind.size !== 4 && this.grain.mix()) this.#regrain()
    return this.grain.representative(word)
  }

  /** Notes values that do not fit one log entry. */
  #keepValue(op: number, word: number, value: Value): Value {
    this.keep(op, word, low(value))
    if (typeof value === 'bigint') this.keep(op, word, Number(BigInt.asIntN(32, value >> 32n)))
    return value
  }

  #replayedValue(op: number, word: number, kind: Kind): Value {
    const first = this.replayed(op, word)
    if (!kind.big) return kind.unsigned ? first >>> 0 : first
    const value = (BigInt(this.replayed(op, word)) << 32n) | BigInt(first >>> 0)
    return kind.unsigned ? BigInt.asUintN(64, value) : value
  }

  /** An atomic operation on the element at byte `at`: x and y are its operands. Returns what the native returns, but for stores. */
  atomic(op: number, kind: Kind, at: number, x: Value, y: Value): Value {
    const word = FIRST_WORD + (at >> 2)
    if (this.mode !== LIVE) {
      if (this.isBare()) return this.bare(op, kind, at, x, y)
      return op === STORE ? this.replayed(op, word) : this.#replayedValue(op, word, kind)
    }
    this.touched = true
    const cls = this.classOf(kind, at)
    this.announce(op, kind, at, x, y)
    this.point(op === CAS && kind.size !== 4 ? XCHG : op, cls, low(x), low(y))
    return this.performAtomic(op, kind, at, x, y)
  }

  /** The running body is about to do this: for engines that learn what bodies do. */
  protected announce(_op: number, _kind: Kind, _at: number, _x: Value, _y: Value): void {}

  /** What it has announced had this result, and it goes on at once. */
  protected answered(_value: Value): void {}

  /** The operation itself, once the CPU has been chosen. */
  protected performAtomic(op: number, kind: Kind, at: number, x: Value, y: Value): Value {
    const word = FIRST_WORD + (at >> 2)
    if (kind === INT32 && this.#whole && this.narrative === undefined)
      return this.#performWord(op, word, (x as number) | 0, (y as number) | 0)
    const cls = this.grain.representative(word)
    const index = (at + FIRST_BYTE) / kind.size
    const mirror = this.#mirror(kind)
    const old = (mirror as Record<number, Value>)[index] as Value
    const writes = op !== LOAD && (op !== CAS || old === this.#wrapped(kind, x))
    const slot = this.words.at(cls)
    this.atomicOrder(kind, at, op !== STORE, writes)
    if (op !== STORE) noteRead(this, this.me, slot)
    let cls2 = op === STORE ? 0 : READS
    if (writes) {
      cls2 |= WRITES
      if (kind.size === 8) this.words.at(word + 1)
      this.words.at(word)
      NATIVE[op]!(mirror, index, x, y)
      if (!Object.is(old, (mirror as Record<number, Value>)[index])) {
        this.words.table[slot + VERSION]!++
        cls2 |= CHANGED
      }
    }
    if (this.narrative !== undefined) {
      const now = (mirror as Record<number, Value>)[index] as Value
      this.caption = this.narrative.atomic(op, kind, at, x, y, old, now)
    }
    this.record(op, cls, low(x), low(y), low(old), cls2)
    if (op === STORE) return this.keep(op, word, 0)
    return this.#keepValue(op, word, old)
  }

  /** The same where all accesses are of whole words: what nearly all programs do. */
  #performWord(op: number, word: number, x: number, y: number): number {
    const { me } = this
    const slot = this.words.at(word)
    const old = this.#int32[word]!
    const writes = op !== LOAD && (op !== CAS || old === x)
    if (this.rules.races) {
      const clash = this.clocks.atomic(me, slot, op !== STORE, writes)
      if (clash !== 0) raced(this, me, word, writes ? A_ATOMIC_WRITE : A_ATOMIC_READ, clash)
    }
    let cls = writes ? WRITES : 0
    if (op !== STORE) {
      noteRead(this, me, slot)
      cls |= READS
    }
    if (writes) {
      const now = op === CAS ? y : applied(op, old, x)
      if (now !== old) {
        this.#int32[word] = now
        this.words.table[slot + VERSION]!++
        cls |= CHANGED
      }
    }
    this.record(op, word, x, y, old, cls)
    return this.keep(op, word, op === STORE ? 0 : old)
  }

  /** Checks an atomic access against the clocks of all bytes that it covers. */
  protected atomicOrder(kind: Kind, at: number, reads: boolean, writes: boolean): void {
    if (!this.rules.races) return
    const access = writes ? A_ATOMIC_WRITE : A_ATOMIC_READ
    const range = ((((at & 7) << 4) | kind.size) << 1) | (reads ? RANGE_READS : 0)
    const word = FIRST_WORD + (at >> 2)
    if (kind.size === 4) {
      this.order(word, WHOLE, access, range)
      return
    }
    for (let i = 0, n = piecesOf(at, kind.size); i < n; i++) {
      this.order(word + i, maskOf(at, kind.size, i), access, range)
    }
  }

  /** The operation outside of the simulation. */
  protected bare(op: number, kind: Kind, at: number, x: Value, y: Value): Value {
    const word = FIRST_WORD + (at >> 2)
    this.words.at(word)
    if (kind.size === 8) this.words.at(word + 1)
    return NATIVE[op]!(this.#mirror(kind), (at + FIRST_BYTE) / kind.size, x, y)
  }

  #refuseForeignTurn(): never {
    this.refusal ??= new RefusedError(
      'ERR_EXPLORE_UNSUPPORTED',
      'a body was continued by something that the explorer does not control, such as a timer or an input that was taken before the run: bodies may wait for Atomics.waitAsync, setTimeout, messages and promises of their own',
    )
    throw this.refusal
  }

  /** What an element holds now. */
  protected valueAt(kind: Kind, at: number): Value {
    return this.bare(LOAD, kind, at, 0, 0)
  }

  /** Atomics.wait. */
  wait(kind: Kind, at: number, value: Value, timeoutNs: number): number {
    const word = FIRST_WORD + (at >> 2)
    let result: number
    if (this.mode !== LIVE && this.isBare()) {
      if (this.bare(LOAD, kind, at, 0, 0) !== value) return FUTEX_MISMATCH
      if (this.mode === UNWINDING) return FUTEX_WOKEN
      throw new Error('set-up and checks of a program must not sleep')
    }
    if (this.mode !== LIVE) result = this.replayed(WAIT, word)
    else {
      this.touched = true
      const cls = this.classOf(kind, at)
      this.announce(WAIT, kind, at, value, timeoutNs)
      this.point(WAIT, cls, low(value), 0)
      result = this.performWait(kind, at, value, timeoutNs)
    }
    if (result !== ENTERED) return result
    if (this.mode !== LIVE) return this.replayed(RESUME, word)
    this.switchAway()
    return this.performResume(at)
  }

  protected performWait(kind: Kind, at: number, value: Value, timeoutNs: number): number {
    const word = FIRST_WORD + (at >> 2)
    return this.keep(WAIT, word, this.#enterWait(kind, at, value, timeoutNs))
  }

  protected performResume(at: number): number {
    this.caption = ''
    return this.keep(RESUME, FIRST_WORD + (at >> 2), leaveWait(this, this.me))
  }

  #enterWait(kind: Kind, at: number, value: Value, timeoutNs: number): number {
    const { me } = this
    const cls = this.grain.representative(FIRST_WORD + (at >> 2))
    const slot = this.words.at(cls)
    this.atomicOrder(kind, at, true, false)
    noteRead(this, me, slot)
    const old = this.bare(LOAD, kind, at, 0, 0)
    const differs = old !== value
    if (this.narrative !== undefined) this.caption = this.narrative.wait(kind, at, value, old)
    this.record(WAIT, cls, low(value), differs ? 1 : 0, low(old), READS | QUEUES)
    if (differs) return FUTEX_MISMATCH
    if (timeoutNs <= 0) return FUTEX_TIMEDOUT
    sleepOn(this, me, cls, low(value), timeoutNs, at)
    this.seen[me] = { kind, at, value }
    return ENTERED
  }

  protected override changedSince(cpu: number): boolean {
    const seen = this.seen[cpu]
    return seen !== undefined && this.bare(LOAD, seen.kind, seen.at, 0, 0) !== seen.value
  }

  /** True if the CPU sleeps, so that a trial can wake it. */
  protected mayRouse(cpu: number): boolean {
    return this.status[cpu] === SLEEPING
  }

  /** Wakes a CPU that nobody has woken, to see how far it would come. */
  protected wakeForTrial(cpu: number): void {
    this.status[cpu] = RUNNING
    this.op[cpu] = RESUME
    this.wokenAt[cpu] = Math.max(0, this.step - 1)
  }

  /** Byte that a sleeping CPU sleeps on. */
  sleepsAt(cpu: number): number {
    return this.seen[cpu]?.at ?? 0
  }

  /** Atomics.notify. */
  notify(kind: Kind, at: number, n: number): number {
    const word = FIRST_WORD + (at >> 2)
    if (this.mode !== LIVE) return this.isBare() ? 0 : this.replayed(WAKE, word)
    this.touched = true
    const cls = this.classOf(kind, at)
    const count = Math.min(n, ALL)
    this.announce(WAKE, kind, at, count, 0)
    this.point(WAKE, cls, count, 0)
    return this.performNotify(at, count)
  }

  protected performNotify(at: number, count: number): number {
    const word = FIRST_WORD + (at >> 2)
    this.caption = ''
    return this.keep(WAKE, word, wake(this, this.me, this.grain.representative(word), count, at))
  }

  /** Reads the pieces of a plain access into the scratch words. */
  readPieces(at: number, size: number): void {
    for (let i = 0, n = piecesOf(at, size); i < n; i++) {
      setPiece(i, this.#readPiece(FIRST_WORD + (at >> 2) + i, maskOf(at, size, i)))
    }
  }

  /** Writes the scratch words as the pieces of a plain access. */
  writePieces(at: number, size: number): void {
    // What is written must not change while others run.
    const values = [piece(0), piece(1), piece(2)]
    for (let i = 0, n = piecesOf(at, size); i < n; i++) {
      const mask = maskOf(at, size, i)
      // The scratch words hold bytes of earlier values too.
      const bits = mask === WHOLE ? values[i]! : values[i]! & bitsOf(mask)
      this.#writePiece(FIRST_WORD + (at >> 2) + i, mask, bits)
    }
  }

  #readPiece(word: number, mask: number): number {
    const tag = (word << MASK_BITS) | mask
    if (this.mode !== LIVE) {
      return this.isBare() ? this.#int32[word]! : this.replayed(PLAIN_LOAD, tag)
    }
    this.touched = true
    this.announce(PLAIN_LOAD, INT32, word, mask, 0)
    if (!this.rules.races) this.point(LOAD, this.grain.representative(word), 0, 0)
    const value = this.performRead(word, mask)
    this.answered(value)
    return value
  }

  /** A plain access to a whole word that only the clocks look at. */
  #isSimple(mask: number): boolean {
    if (mask !== WHOLE || !this.#whole || !this.rules.races) return false
    return this.narrative === undefined && this.listener === null
  }

  protected performRead(word: number, mask: number): number {
    const tag = (word << MASK_BITS) | mask
    if (this.#isSimple(mask)) {
      const clash = this.clocks.plainRead(this.me, this.words.at(word))
      if (clash !== 0) raced(this, this.me, word, A_PLAIN_READ, clash)
      return this.keep(PLAIN_LOAD, tag, this.#int32[word]!)
    }
    if (!this.rules.races) {
      const cls = this.grain.representative(word)
      noteRead(this, this.me, this.words.at(cls))
      this.#describePlain(word, mask, false, this.#int32[word]!, 0)
      this.record(LOAD, cls, 0, 0, this.#int32[word]!, READS)
      return this.keep(PLAIN_LOAD, tag, this.#int32[word]!)
    }
    this.order(word, mask, A_PLAIN_READ, 0)
    const value = this.#int32[word]!
    this.#describePlain(word, mask, false, value, 0)
    if (this.listener !== null) this.listener.plain(this, word, value, false)
    return this.keep(PLAIN_LOAD, tag, value)
  }

  #writePiece(word: number, mask: number, bits: number): void {
    const tag = (word << MASK_BITS) | mask
    if (this.mode !== LIVE) {
      if (this.isBare()) this.#merge(word, mask, bits)
      else this.replayed(PLAIN_STORE, tag)
      return
    }
    this.touched = true
    this.announce(PLAIN_STORE, INT32, word, mask, bits)
    if (!this.rules.races) this.point(STORE, this.grain.representative(word), bits, mask)
    this.performWrite(word, mask, bits)
    this.answered(0)
  }

  protected performWrite(word: number, mask: number, bits: number): void {
    const tag = (word << MASK_BITS) | mask
    if (this.#isSimple(mask)) {
      const slot = this.words.at(word)
      const clash = this.clocks.plainWrite(this.me, slot)
      if (clash !== 0) raced(this, this.me, word, A_PLAIN_WRITE, clash)
      if (this.#int32[word] !== bits) {
        this.#int32[word] = bits
        this.words.table[slot + VERSION]!++
      }
      this.keep(PLAIN_STORE, tag, bits)
      return
    }
    const { races } = this.rules
    const cls = this.grain.representative(word)
    if (races) this.order(word, mask, A_PLAIN_WRITE, 0)
    const old = this.#int32[word]!
    const changed = this.#merge(word, mask, bits)
    this.#describePlain(word, mask, true, this.#int32[word]!, old)
    if (!races) this.record(STORE, cls, bits, mask, old, changed ? WRITES | CHANGED : WRITES)
    else if (this.listener !== null) this.listener.plain(this, word, this.#int32[word]!, true)
    this.keep(PLAIN_STORE, tag, bits)
  }

  #describePlain(word: number, mask: number, write: boolean, value: number, old: number): void {
    if (this.narrative === undefined) return
    const first = Math.clz32(mask & -mask) ^ 31
    const at = (word - FIRST_WORD) * 4 + first
    let size = 0
    for (let rest = mask >> first; (rest & 1) !== 0; rest >>= 1) size++
    this.caption = this.narrative.plain(at, size, write, value >> (first * 8), old >> (first * 8))
  }

  /** Writes some bytes of a word. Returns true if that changes it. */
  #merge(word: number, mask: number, bits: number): boolean {
    const slot = this.words.at(this.grain.representative(word))
    this.words.at(word)
    const old = this.#int32[word]!
    const all = mask === WHOLE ? -1 : bitsOf(mask)
    const value = (old & ~all) | (bits & all)
    if (value === old) return false
    this.#int32[word] = value
    this.words.table[slot + VERSION]!++
    return true
  }

  /** The prologue of a body is brought about again from its log. */
  protected override effect(kind: number, addr: number, value: number): void {
    if (kind !== PLAIN_LOAD && kind !== PLAIN_STORE) {
      super.effect(kind, addr, value)
      return
    }
    const word = addr >> MASK_BITS
    const mask = addr & WHOLE
    this.order(word, mask, kind === PLAIN_LOAD ? A_PLAIN_READ : A_PLAIN_WRITE, 0)
    if (kind === PLAIN_STORE) this.#merge(word, mask, value)
  }

  protected override rethrow(): never {
    if (++this.#caught === MOST_CAUGHT) this.refusal ??= swallowed(this.me)
    return super.rethrow()
  }

  /**
   * True if an access goes straight to memory: set-up and checks, and a body that has caught so much that it must be let run to its
   * end, since the exploration is over anyway. Throws if the body is to be stopped.
   */
  protected isBare(): boolean {
    if (this.mode === DIRECT) {
      if (this.foreignTurn) this.#refuseForeignTurn()
      return true
    }
    if (this.mode === UNWINDING && this.#caught < MOST_CAUGHT) this.rethrow()
    return this.mode === UNWINDING
  }

  /** How many events the running CPU has made. */
  stamp(): number {
    if (this.mode !== LIVE) return this.isBare() ? 0 : this.replayed(STAMP, 0)
    this.announce(STAMP, INT32, 0, 0, 0)
    const count = this.performStamp()
    this.answered(count)
    return count
  }

  protected performStamp(): number {
    let count = 0
    for (let step = 0; step < this.step; step++) if (this.rows[step * ROW + T_CPU] === this.me) count++
    return this.keep(STAMP, 0, count)
  }

  /** The steps of each CPU in the execution that has just ended. */
  stepsOf(): number[][] {
    const found = Array.from({ length: this.cpus }, (): number[] => [])
    for (let step = 0; step < this.step; step++) found[this.rows[step * ROW + T_CPU]!]?.push(step)
    return found
  }

  /** A word for the tasks of a CPU's event loop: whoever sends it one writes there. */
  inboxOf(cpu: number): number {
    return this.#int32.length - MAX_CPUS + cpu
  }

  /** A copy of the program's memory, as it is now. */
  snapshot(): Int32Array {
    return this.#int32.slice(FIRST_WORD, this.#cells)
  }

  /** The words of the program's memory themselves. */
  get programWords(): Int32Array {
    return this.#int32.subarray(FIRST_WORD, this.#cells)
  }
}

function swallowed(cpu: number): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_SWALLOWED',
    `the body of cpu-${cpu} catches what the explorer throws to stop it, again and again. Let it pass: catch (error) { if (isControl(error)) throw error; … }`,
  )
}

/** Lowest bit of a range: the access reads. The rest tells the bytes. */
const RANGE_READS = 1
