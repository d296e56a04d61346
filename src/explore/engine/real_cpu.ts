/**
 * A CPU of the `threads` engine: a real worker that runs the body of a model on real shared memory and stops at every
 * schedule point until the scheduler lets it go on. Accesses are the hardware's own; what they returned is reported, and
 * compared with what the model of the hardware says. Sleep and time are the scheduler's.
 */
import * as fast from '../../mem/access.fast.ts'
import type { Controller } from '../../mem/access.checked.ts'
import { task_of } from '../../mem/task.ts'
import type { Observer } from '../../trace/observer.ts'
import { ADD, AND, CAS, LOAD, OR, RELAX, STORE, SUB, WAIT, WAKE, XCHG } from '../dependence.ts'
import {
  ADDR,
  ANSWER,
  AT_CLOCK,
  AT_POINT,
  COUNT,
  DONE,
  DOUBLE,
  ENTRY,
  GIVE_UP,
  GO,
  GRANT,
  handOver,
  JOURNAL,
  journalFull,
  MESSAGE,
  MESSAGE_WORDS,
  OP,
  RACY,
  RESULT,
  RETURNED,
  STATE,
  TEXT,
  THREW,
  waitChange,
  X,
  Y,
} from './hand_over.ts'
import { ALL } from './futex.ts'
import {
  ALLOC,
  FREE,
  HEARD,
  LOCK_ACQUIRE,
  LOCK_ACQUIRED,
  LOCK_INIT,
  LOCK_RELEASE,
  MIGHT_SLEEP,
  PLAIN_LOAD,
  PLAIN_STORE,
  UNWATCHED,
} from './log.ts'
import { ABORT } from '../../define/outcome.ts'

/** The worker's side: does what it is granted, and says what it wants next. */
export class RealCpu implements Controller, Observer {
  readonly name = 'explorer'
  readonly #words: Int32Array
  readonly #doubles: Float64Array
  readonly #cpu: number
  #count = 0
  #unwinding = false

  constructor(words: Int32Array, cpu: number) {
    this.#words = words
    this.#doubles = new Float64Array(words.buffer, words.byteOffset, words.length >> 1)
    this.#cpu = cpu
  }

  /** Runs the body whenever the scheduler says so. Does not return. */
  serve(body: () => void): never {
    for (let seen = 0; ;) {
      waitChange(this.#words, GO, seen)
      this.#count = 0
      this.#unwinding = false
      const state = this.#words[GRANT] === GIVE_UP ? RETURNED : this.#run(body)
      seen = Atomics.load(this.#words, GO)
      this.#stop(state)
    }
  }

  #run(body: () => void): number {
    try {
      body()
      return RETURNED
    } catch (error) {
      if (error === ABORT) return RETURNED
      const text = error instanceof Error ? error.message : String(error)
      const codes = Array.from(text.slice(0, MESSAGE_WORDS), (char) => char.codePointAt(0) ?? 0)
      this.#words.set(codes.slice(0, MESSAGE_WORDS), MESSAGE)
      this.#words[TEXT] = Math.min(codes.length, MESSAGE_WORDS)
      return THREW
    }
  }

  #stop(state: number): void {
    this.#words[STATE] = state
    this.#words[COUNT] = this.#count
    handOver(this.#words, DONE)
  }

  /** Stops until the scheduler lets this CPU go on. Returns the grant. */
  #ask(state: number): number {
    const words = this.#words
    if (this.#unwinding) throw ABORT
    const seen = Atomics.load(words, GO)
    this.#stop(state)
    waitChange(words, GO, seen)
    this.#count = 0
    if (words[GRANT] === GIVE_UP) {
      this.#unwinding = true
      throw ABORT
    }
    return words[GRANT] as number
  }

  #point(op: number, addr: number, x: number, y: number): number {
    const words = this.#words
    words[OP] = op
    words[ADDR] = addr
    words[X] = x
    words[Y] = y
    return this.#ask(AT_POINT)
  }

  /** Waits for its turn, performs the operation, reports what it returned. */
  #perform(op: number, addr: number, x: number, y: number, native: () => number): number {
    this.#point(op, addr, x, y)
    const result = native()
    this.#words[RESULT] = result
    return result
  }

  #answer(op: number, addr: number, x: number): number {
    if (this.#point(op, addr, x, 0) !== ANSWER) throw new Error('the scheduler did not answer')
    return this.#doubles[DOUBLE >> 1] as number
  }

  #note(kind: number, addr: number, value: number): void {
    if (this.#unwinding) throw ABORT
    if (journalFull(this.#count)) throw new Error(`cpu-${this.#cpu} never reaches a schedule point`)
    this.#words.set([kind, addr, value], JOURNAL + this.#count++ * ENTRY)
  }

  smp_processor_id(): number {
    return this.#cpu
  }
  current_task(): number {
    return task_of(this.#cpu)
  }
  read(a: number): number {
    const value = fast.read(a)
    this.#note(PLAIN_LOAD, a, value)
    return value
  }
  write(a: number, v: number): void {
    this.#note(PLAIN_STORE, a, v)
    fast.write(a, v)
  }
  data_race(a: number): number {
    return this.#perform(LOAD, a, 0, RACY, () => fast.READ_ONCE(a))
  }
  READ_ONCE(a: number): number {
    return this.#perform(LOAD, a, 0, 0, () => fast.READ_ONCE(a))
  }
  WRITE_ONCE(a: number, v: number): void {
    this.#perform(STORE, a, v | 0, 0, () => (fast.WRITE_ONCE(a, v), 0))
  }
  cmpxchg(a: number, old: number, v: number): number {
    return this.#perform(CAS, a, old | 0, v | 0, () => fast.cmpxchg(a, old, v))
  }
  xchg(a: number, v: number): number {
    return this.#perform(XCHG, a, v | 0, 0, () => fast.xchg(a, v))
  }
  fetch_add(a: number, d: number): number {
    return this.#perform(ADD, a, d | 0, 0, () => fast.fetch_add(a, d))
  }
  fetch_sub(a: number, d: number): number {
    return this.#perform(SUB, a, d | 0, 0, () => fast.fetch_sub(a, d))
  }
  fetch_or(a: number, bits: number): number {
    return this.#perform(OR, a, bits | 0, 0, () => fast.fetch_or(a, bits))
  }
  fetch_and(a: number, bits: number): number {
    return this.#perform(AND, a, bits | 0, 0, () => fast.fetch_and(a, bits))
  }
  futex_wait(a: number, seen: number, timeoutNs: number): number {
    this.#doubles[DOUBLE >> 1] = timeoutNs
    return this.#answer(WAIT, a, seen | 0)
  }
  futex_wake(a: number, n: number): number {
    return this.#answer(WAKE, a, Math.min(n, ALL))
  }
  cpu_relax(): void {
    this.#answer(RELAX, 0, 0)
  }
  ktime_get_ns(): number {
    this.#ask(AT_CLOCK)
    return this.#doubles[DOUBLE >> 1] as number
  }

  /** Told to this CPU's detector: it has made a report. */
  reported(): void {
    this.#note(HEARD, 0, 0)
  }

  lockInit(_lock: number, depMap: number, _name: string, kind: number): void {
    this.#note(LOCK_INIT, depMap, kind)
  }
  lockAcquire(lock: number): void {
    this.#note(LOCK_ACQUIRE, lock, 0)
  }
  lockAcquired(lock: number): void {
    this.#note(LOCK_ACQUIRED, lock, 0)
  }
  lockRelease(lock: number): void {
    this.#note(LOCK_RELEASE, lock, 0)
  }
  mightSleep(): void {
    this.#note(MIGHT_SLEEP, 0, 0)
  }
  alloc(address: number, words: number): void {
    this.#note(ALLOC, address, words)
  }
  free(address: number, words: number): void {
    this.#note(FREE, address, words)
  }
  accessOff(): void {
    this.#note(UNWATCHED, 0, 1)
  }
  accessOn(): void {
    this.#note(UNWATCHED, 0, -1)
  }
}
