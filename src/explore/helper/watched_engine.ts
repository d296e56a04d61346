/**
 * The engine of a program of synchronous bodies: every execution is watched for what the explorer does not see. Some are run a second time
 * and compared, and when somebody sleeps for ever it is tried whether a wake-up would help.
 */
import { DEADLOCK, isFailure, LOST_WAKEUP, NONDETERMINISM } from '../../define/outcome.ts'
import type { Policy } from '../engine/policy.ts'
import type { Rules } from '../engine/rules.ts'
import type { Program as Calls } from '../engine/program.ts'
import type { Decoy } from './decoy.ts'
import type { Grain } from './grain.ts'
import type { Program } from './program.ts'
import { RefusedError } from './refused.ts'
import { RepeatingEngine } from './repeating_engine.ts'
import { difference, record, restore, SamePolicy, type Recording } from './repeat.ts'
import { placeText } from './source/place_text.ts'
import { Read } from './source/read.ts'
import { StateHash } from './state.ts'
import type { Memory } from './views.ts'

/** So many executions are run twice from the start; then one when there have been twice as many, but at least every so many. */
const FIRST_TWICE = 16
const EVERY_TWICE = 256
/** The same where the text of the bodies says that they have no effect outside of the memory. */
const EVERY_TWICE_READ = 8192

/** Stands, in the place of a hash, for the decoy in which every byte differs. */
const SECOND = -1

export const ADVICE =
  'What a body does must depend on the memory alone: build objects inside it, and use choose(n) for what is left to chance'

/** See the head of this file. */
export class WatchedEngine extends RepeatingEngine {
  decoy: Decoy | undefined
  nameOf: (addr: number) => string = String
  /** Bodies need not run in every execution. */
  learns = false
  /** Every how many executions at least one is run twice, if it is not as usual. */
  everyTwice: number | undefined
  states: StateHash | undefined
  /** Why it has none. */
  stateless = 'what the operations return is kept outside of the memory'
  #runs = 0
  #rousing = -1
  #roused = false
  #progress = false
  /** A body that ran alone over another decoy has done something else. */
  #hears = false
  /** Byte that the sleeper of the experiment sleeps on. */
  #at = 0

  constructor(initial: Int32Array, program: Calls, rules: Rules, grain: Grain) {
    super(initial, program, rules, grain)
    this.hasOutside = program.finish !== undefined
  }

  /** Bodies of which this much is known are learned. */
  learn({ threads, invariant }: Program, shared: Int32Array, memory: Memory): void {
    const read = new Read({ threads, ...(invariant && { invariant }) }, (place, values) => {
      if (!this.asksPlace()) return
      const text = placeText(place, values, memory)
      if (text !== undefined) this.at(text)
    })
    this.stateless = read.outside
    if (read.outside === '') {
      this.hasOutside = false
      this.states = new StateHash(this)
    }
    // An invariant could look at what a body that does not run has not done outside, and a body could reach the caller's memory.
    this.learns = read.outside === '' || (read.closed && typeof memory.own === 'number')
    // Those cannot reach it.
    if (this.learns) this.held = undefined
    this.alike.push(...read.alike)
    this.twins.push(...read.twins.map((twin) => twin && (() => twin(shared))))
  }

  override execute(policy: Policy): number {
    const runs = this.#runs++
    if (this.learns && this.listener === null && this.narrative === undefined) this.executeKnown(policy)
    else {
      if (this.decoy !== undefined) this.noteOperands()
      this.decoy?.first()
      this.held?.begin()
      super.execute(policy)
      this.#checkDecoy()
    }
    const failed = isFailure(this.outcome)
    if (!this.touched && !failed) throw nothingTouched()
    if (failed || this.#isTwice(runs)) this.#again(policy)
    else if (this.decoy !== undefined && !this.learns && !this.#isDeaf()) this.#again(policy)
    if (this.outcome === LOST_WAKEUP) this.#judgeSleepers(policy)
    return this.outcome
  }

  #isTwice(runs: number): boolean {
    if (this.everyTwice !== undefined) return runs % this.everyTwice === 0
    if (runs < FIRST_TWICE) return true
    const every = this.stateless === '' ? EVERY_TWICE_READ : EVERY_TWICE
    return (runs & (runs - 1)) === 0 || runs % every === 0
  }

  /** No body does anything else over other decoys. A body that does is never run alone again. */
  #isDeaf(): boolean {
    const { held, decoy } = this
    if (this.#hears || held === undefined || decoy === undefined || this.listener !== null) return false
    this.hashLogs()
    const second = this.newFor(SECOND, SECOND)
    if (second !== 0) {
      decoy.second()
      this.#goOn(second)
    }
    for (let number = 0; number < held.layers && !this.#hears; number++) {
      const words = held.layer(number)
      const cpus = this.newFor(held.high, held.low)
      if (cpus !== 0 && decoy.shows(words)) this.#goOn(cpus)
    }
    return !this.#hears
  }

  #goOn(cpus: number): void {
    if (!this.doAlike(cpus)) this.#hears = true
    this.#checkDecoy()
  }

  #checkDecoy(): void {
    const byte = this.decoy?.changed() ?? -1
    if (byte >= 0) throw unseen(`byte ${byte} of the memory was written`)
  }

  /** Runs the same schedule without anybody listening. */
  #silently(policy: Policy): void {
    const { listener, narrative } = this
    this.listener = null
    this.narrative = undefined
    try {
      super.execute(policy)
    } finally {
      this.listener = listener
      this.narrative = narrative
    }
  }

  /** Runs the execution a second time, its bodies as they are, and compares. */
  #again(policy: Policy): void {
    const before = record(this)
    const { error, failedAddr, failedCpu, sleep } = this
    this.decoy?.second()
    let text = this.#differs(before)
    const { held, decoy } = this
    this.held = undefined
    for (const _ of (held && decoy?.layers(held)) ?? []) {
      if (text !== '') break
      text = this.#differs(before)
    }
    this.held = held
    restore(this, before)
    this.policy = policy
    Object.assign(this, {
      error,
      failedAddr,
      failedCpu,
      sleep,
      outcome: before.outcome,
      message: before.message,
    })
    if (text === '') return
    if (this.decoy !== undefined)
      throw unseen(`over other contents of the buffer the same schedule differs: ${text}`)
    this.outcome = NONDETERMINISM
    this.message = `The same schedule was run twice: ${text}. ${ADVICE}`
  }

  #differs(before: Recording): string {
    this.#silently(new SamePolicy(before))
    this.#checkDecoy()
    return difference(this, before, this.nameOf)
  }

  /** A wake-up is lost only if somebody who sleeps could go on when woken; if nobody could, it is a deadlock. */
  #judgeSleepers(policy: Policy): void {
    const before = record(this)
    const { failedAddr, failedCpu, sleep } = this
    let goesOn = false
    for (let cpu = 0; cpu < this.cpus && !goesOn; cpu++) goesOn = this.#couldGoOn(cpu, before)
    this.#silently(new SamePolicy(before))
    restore(this, before)
    this.policy = policy
    Object.assign(this, { failedAddr, failedCpu, sleep })
    this.outcome = goesOn ? LOST_WAKEUP : DEADLOCK
  }

  #couldGoOn(cpu: number, before: ReturnType<typeof record>): boolean {
    this.#rousing = cpu
    this.#roused = this.#progress = false
    const others = (enabled: number): number => {
      if (((enabled >> cpu) & 1) !== 0) return cpu
      this.#progress = true
      return 31 - Math.clz32(enabled)
    }
    this.#silently(new SamePolicy(before, others))
    this.#rousing = -1
    return this.#progress || this.outcome !== DEADLOCK
  }

  /** Nobody can run: once, the sleeper of the experiment is woken; the second time it is seen how far it came. */
  protected override rouse(): number {
    const cpu = this.#rousing
    if (cpu < 0) return -1
    if (!this.#roused && this.mayRouse(cpu)) {
      this.#roused = true
      this.#at = this.sleepsAt(cpu)
      this.wakeForTrial(cpu)
      return cpu
    }
    if (this.#roused && !(this.mayRouse(cpu) && this.sleepsAt(cpu) === this.#at)) this.#progress = true
    return this.fail(DEADLOCK, cpu)
  }
}

export function unseen(what: string): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_UNSEEN',
    `the program's memory was reached in a way that the explorer does not see: ${what}. This happens through views made before the run, functions taken out of Atomics, or WebAssembly. Make views inside the bodies, from the memory that they are given, and call Atomics.load and the others by their full name`,
  )
}

export function nothingTouched(): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_NOTHING_TOUCHED',
    'no body has touched the memory of the program, so there is nothing to explore: use the memory that bodies are given as their argument',
  )
}
