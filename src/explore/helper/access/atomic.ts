/**
 * Atomics of foreign code: an operation is one event, of its word or of the pair of words that it covers.
 */
import { FUTEX_MISMATCH, FUTEX_TIMEDOUT, FUTEX_WOKEN } from '#access'
import {
  CAS,
  CHANGED,
  LOAD,
  QUEUES,
  READS,
  RESUME,
  STORE,
  WAIT,
  WAKE,
  WRITES,
  XCHG,
} from '../../dependence.ts'
import { A_ATOMIC_READ, A_ATOMIC_WRITE } from '../../engine/clocks.ts'
import { LIVE, UNWINDING } from '../../engine/mode.ts'
import { RUNNING, SLEEPING } from '../../engine/cpus.ts'
import { ALL, ENTERED, leaveWait, sleepOn, wake } from '../../engine/futex.ts'
import { applied, raced } from '../../engine/perform.ts'
import { noteRead } from '../../engine/spin.ts'
import { VERSION } from '../../engine/words.ts'
import { INT32, type Kind, type Value } from '../kinds.ts'
import { maskOf, piecesOf, WHOLE } from '../pieces.ts'
import { ElementEngine, FIRST_BYTE, FIRST_WORD, low, NATIVE, RANGE_READS } from './elements.ts'

/** See the head of this file. */
export abstract class AtomicEngine extends ElementEngine {
  /** What each sleeper waits for. */
  protected readonly seen: { kind: Kind; at: number; value: Value }[] = []

  /** An atomic operation on the element at byte `at`: x and y are its operands. Returns what the native returns, but for stores. */
  atomic(op: number, kind: Kind, at: number, x: Value, y: Value): Value {
    const word = FIRST_WORD + (at >> 2)
    if (this.mode !== LIVE) {
      if (this.isBare(op !== LOAD && at)) return this.bare(op, kind, at, x, y)
      this.repeats(op, kind, at, x, y)
      return op === STORE ? this.replayed(op, word) : this.replayedValue(op, word, kind)
    }
    this.touched = true
    const cls = this.classOf(kind, at)
    this.announce(op, kind, at, x, y)
    this.point(op === CAS && kind.size !== 4 ? XCHG : op, cls, low(x), low(y))
    return this.performAtomic(op, kind, at, x, y)
  }

  /** The running body is about to do this: for engines that learn what bodies do. */
  protected announce(_op: number, _kind: Kind, _at: number, _x: Value, _y: Value): void {}

  /** The running body, run from its log, has come to this operation of before. */
  protected repeats(_op: number, _kind: Kind, _at: number, _x: Value, _y: Value): void {}

  /** What it has announced had this result, and it goes on at once. */
  protected answered(_value: Value): void {}

  /** The operation itself, once the CPU has been chosen. */
  protected performAtomic(op: number, kind: Kind, at: number, x: Value, y: Value): Value {
    const word = FIRST_WORD + (at >> 2)
    if (kind === INT32 && this.whole && this.narrative === undefined)
      return this.performWord(op, word, (x as number) | 0, (y as number) | 0)
    const cls = this.grain.representative(word)
    const index = (at + FIRST_BYTE) / kind.size
    const mirror = this.mirror(kind)
    const old = (mirror as Record<number, Value>)[index] as Value
    const writes = op !== LOAD && (op !== CAS || old === this.wrapped(kind, x))
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
        this.held?.note(word - FIRST_WORD, this.int32[word]!)
        if (kind.size === 8) this.held?.note(word + 1 - FIRST_WORD, this.int32[word + 1]!)
      }
    }
    if (this.narrative !== undefined) {
      const now = (mirror as Record<number, Value>)[index] as Value
      this.caption = this.narrative.atomic(op, kind, at, x, y, old, now)
    }
    this.record(op, cls, low(x), low(y), low(old), cls2)
    if (op === STORE) return this.keep(op, word, 0)
    return this.keepValue(op, word, old)
  }

  /** The same where all accesses are of whole words: what nearly all programs do. */
  protected performWord(op: number, word: number, x: number, y: number): number {
    const { me, words, int32 } = this
    const slot = words.at(word)
    const old = int32[word]!
    const reads = op !== STORE
    const writes = op !== LOAD && (op !== CAS || old === x)
    if (this.rules.races) this.#orderWord(word, slot, reads, writes)
    if (reads) noteRead(this, me, slot)
    let cls = (reads ? READS : 0) | (writes ? WRITES : 0)
    if (writes) {
      const now = op === CAS ? y : applied(op, old, x)
      if (now !== old) {
        int32[word] = now
        this.held?.note(word - FIRST_WORD, now)
        words.table[slot + VERSION]!++
        cls |= CHANGED
      }
    }
    this.record(op, word, x, y, old, cls)
    return this.keep(op, word, reads ? old : 0)
  }

  #orderWord(word: number, slot: number, reads: boolean, writes: boolean): void {
    const clash = this.clocks.atomic(this.me, slot, reads, writes)
    if (clash !== 0) raced(this, this.me, word, writes ? A_ATOMIC_WRITE : A_ATOMIC_READ, clash)
  }

  /** Checks an atomic access against the clocks of all bytes that it covers. */
  protected atomicOrder(kind: Kind, at: number, reads: boolean, writes: boolean): void {
    if (!this.rules.races) return
    if (kind === INT32 && this.whole) {
      const word = FIRST_WORD + (at >> 2)
      this.#orderWord(word, this.words.at(word), reads, writes)
      return
    }
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

  /** Atomics.wait. */
  wait(kind: Kind, at: number, value: Value, timeoutNs: number): number {
    const word = FIRST_WORD + (at >> 2)
    let result: number
    if (this.mode !== LIVE && this.isBare()) {
      if (this.bare(LOAD, kind, at, 0, 0) !== value) return FUTEX_MISMATCH
      if (this.mode === UNWINDING) return FUTEX_WOKEN
      throw new Error('set-up and checks of a program must not sleep')
    }
    if (this.mode !== LIVE) {
      this.repeats(WAIT, kind, at, value, timeoutNs)
      result = this.replayed(WAIT, word)
    } else {
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
    const word = FIRST_WORD + (at >> 2)
    const isWord = kind === INT32 && this.whole
    const cls = isWord ? word : this.grain.representative(word)
    const slot = this.words.at(cls)
    if (!isWord) this.atomicOrder(kind, at, true, false)
    else if (this.rules.races) this.#orderWord(word, slot, true, false)
    noteRead(this, me, slot)
    const old = isWord ? this.int32[word]! : this.bare(LOAD, kind, at, 0, 0)
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
    const count = Math.min(n, ALL)
    if (this.mode !== LIVE) {
      if (this.isBare()) return 0
      this.repeats(WAKE, kind, at, count, 0)
      return this.replayed(WAKE, word)
    }
    this.touched = true
    const cls = this.classOf(kind, at)
    this.announce(WAKE, kind, at, count, 0)
    this.point(WAKE, cls, count, 0)
    return this.performNotify(at, count)
  }

  protected performNotify(at: number, count: number): number {
    const word = FIRST_WORD + (at >> 2)
    this.caption = ''
    return this.keep(WAKE, word, wake(this, this.me, this.grain.representative(word), count, at))
  }
}
