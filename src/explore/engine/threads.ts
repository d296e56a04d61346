/**
 * The engine of real workers, the witness: the same scheduler, the same model of memory and the same trace as the default
 * engine, but every body runs in a thread of its own, on memory that all of them share, by the hardware's own atomics. Each
 * answer of the hardware, and at the end all of its memory, must be what the model says.
 *
 * Invariant  at most one CPU is between two schedule points; all others wait for the token.
 * Cost       two hand-overs between threads per step.
 */
import { ADD, AND, CAS, LOAD, OR, RELAX, RESUME, STORE, SUB, WAIT, WAKE, XCHG } from '../dependence.ts'
import { DIRECT, LIVE } from './mode.ts'
import { FINISHED, RUNNING } from './cpus.ts'
import type { Policy } from './policy.ts'
import type { Rules } from './rules.ts'
import { ENTERED, enterWait, leaveWait, wake } from './futex.ts'
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
  MESSAGE,
  OP,
  PERFORM,
  RACY,
  RESULT,
  START,
  STATE,
  TEXT,
  THREW,
  waitChange,
  X,
  Y,
} from './hand_over.ts'
import { LOCK_INIT, PLAIN_LOAD } from './log.ts'
import type { Program } from './program.ts'
import { ABORT, ASSERTION, NONDETERMINISM } from '../../define/outcome.ts'
import { exchange, load, modify, plainLoad, racyLoad, relax, store } from './perform.ts'
import { Reexec } from './reexec.ts'

/** A CPU that does not come back is broken: it loops without touching memory. */
const PATIENCE_MS = 60_000

/** What the engine drives: memory that the workers share, and the words to talk to each. */
export interface Workers {
  readonly memory: Int32Array
  readonly cpus: readonly Int32Array[]
  /** Words that only the workers' detectors write, from the first to the one after the last. */
  readonly tables?: readonly [from: number, to: number]
}

/** The scheduler's side of the witness: grants one worker after the other. */
export class Threads extends Reexec {
  readonly #workers: Workers
  readonly #timeouts: Float64Array
  readonly #unfinished = new Set<number>()
  /** Words in which the workers' detectors keep the classes of locks. */
  readonly #depMaps = new Set<number>()

  /** `memory` is the model of the workers' memory, in the state that set-up left. */
  constructor(memory: Int32Array, program: Program, rules: Rules, workers: Workers) {
    super(memory, program, rules)
    this.#workers = workers
    this.#timeouts = new Float64Array(workers.cpus.length)
  }

  /** Runs the model once from its start. Returns the outcome. */
  override execute(policy: Policy): number {
    this.error = undefined
    try {
      this.restart(policy)
      this.objects.restart()
      this.#workers.memory.set(this.memory)
      this.mode = LIVE
      for (let cpu = 0; cpu < this.cpus; cpu++) this.#begin(cpu)
      for (let cpu = this.decide(); cpu >= 0; cpu = this.decide()) this.#step(cpu)
      this.mode = DIRECT
      this.me = 0
      this.#compare()
      this.conclude()
    } catch (error) {
      if (error !== ABORT) throw error
    } finally {
      for (const cpu of this.#unfinished) this.#turn(cpu, GIVE_UP)
      this.#unfinished.clear()
      this.mode = DIRECT
      this.me = 0
    }
    return this.outcome
  }

  #begin(cpu: number): void {
    this.#unfinished.add(cpu)
    this.me = cpu
    this.probing = true
    this.#go(cpu, START)
    this.probing = false
  }

  /** Lets the CPU do its next operation, first on the model, then on the hardware. */
  #step(cpu: number): void {
    this.me = cpu
    if (this.status[cpu] !== RUNNING || this.op[cpu] === RESUME) {
      this.#reply(cpu, leaveWait(this, cpu))
      return
    }
    const [op, addr, x, y] = [this.op[cpu]!, this.addr[cpu]!, this.x[cpu]!, this.y[cpu]!]
    if (op === WAIT) {
      const result = enterWait(this, cpu, addr, x, this.#timeouts[cpu]!)
      if (result !== ENTERED) this.#reply(cpu, result)
    } else if (op === WAKE) this.#reply(cpu, wake(this, cpu, addr, x))
    else if (op === RELAX) {
      relax(this, cpu)
      this.#reply(cpu, 0)
    } else this.#hardware(cpu, this.#model(cpu, op, addr, [x, y]))
  }

  #model(cpu: number, op: number, addr: number, [x, y]: readonly [number, number]): number {
    switch (op) {
      case LOAD:
        return y === RACY ? racyLoad(this, cpu, addr) : load(this, cpu, addr)
      case STORE:
        store(this, cpu, addr, x)
        return 0
      case CAS:
        return exchange(this, cpu, addr, x, y)
      case ADD:
      case SUB:
      case OR:
      case AND:
      case XCHG:
        return modify(this, cpu, op, addr, x)
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  #hardware(cpu: number, expected: number): void {
    this.#turn(cpu, PERFORM)
    this.#agree(cpu, this.#workers.cpus[cpu]![RESULT]!, expected)
    this.#absorb(cpu)
  }

  #agree(cpu: number, real: number, expected: number): void {
    if (real === expected) return
    this.fail(NONDETERMINISM, cpu, `the hardware answers cpu-${cpu} with ${real}, the model with ${expected}`)
  }

  #reply(cpu: number, value: number): void {
    const words = this.#workers.cpus[cpu]!
    new Float64Array(words.buffer, words.byteOffset)[DOUBLE >> 1] = value
    this.#go(cpu, ANSWER)
  }

  #go(cpu: number, grant: number): void {
    this.#turn(cpu, grant)
    this.#absorb(cpu)
  }

  /** Gives the CPU the token and waits until it comes back. */
  #turn(cpu: number, grant: number): void {
    const words = this.#workers.cpus[cpu]!
    const seen = Atomics.load(words, DONE)
    words[GRANT] = grant
    handOver(words, GO)
    if (!waitChange(words, DONE, seen, PATIENCE_MS)) throw new Error(`cpu-${cpu} does not come back`)
  }

  /** Takes note of what the CPU did up to where it stopped, and of why it stopped. */
  #absorb(cpu: number): void {
    const words = this.#workers.cpus[cpu]!
    this.#replayJournal(cpu, words)
    const state = words[STATE]!
    if (state === AT_CLOCK) {
      this.spinWrote[cpu] = 1
      this.#reply(cpu, (this.clock[cpu]! += this.tickNs))
    } else if (state === AT_POINT) {
      this.publish(words[OP]!, words[ADDR]!, words[X]!, words[Y]!)
      if (words[OP] === WAIT) {
        this.#timeouts[cpu] = new Float64Array(words.buffer, words.byteOffset)[DOUBLE >> 1]!
      }
    } else {
      this.#unfinished.delete(cpu)
      if (state === THREW) {
        this.fail(ASSERTION, cpu, String.fromCodePoint(...words.subarray(MESSAGE, MESSAGE + words[TEXT]!)))
      }
      this.objects.checkExit(this, cpu)
      this.retire(cpu)
    }
  }

  #replayJournal(cpu: number, words: Int32Array): void {
    const end = JOURNAL + words[COUNT]! * ENTRY
    for (let at = JOURNAL; at < end; at += ENTRY) {
      const [kind, addr, value] = [words[at]!, words[at + 1]!, words[at + 2]!]
      if (kind === PLAIN_LOAD) this.#agree(cpu, value, plainLoad(this, cpu, addr))
      else if (kind === LOCK_INIT) this.#depMaps.add(addr)
      else this.effect(kind, addr, value)
    }
  }

  /** All memory but the detectors' own is as the model has it, once every CPU has finished. */
  #compare(): void {
    if (this.status.subarray(0, this.cpus).some((status) => status !== FINISHED)) return
    const { memory, tables: [from, to] = [0, 0] } = this.#workers
    const own = (i: number): boolean => (i >= from && i < to) || this.#depMaps.has(i)
    const at = this.memory.findIndex((value, i) => value !== memory[i] && !own(i))
    if (at >= 0) this.#agree(0, memory[at]!, this.memory[at]!)
  }
}
