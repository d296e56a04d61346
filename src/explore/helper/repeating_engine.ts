/**
 * The engine that can tell, without running an execution again, whether its bodies would do the same in it: it runs each from its log
 * alone. To run all of it again costs ten times as much, for switches and exceptions.
 *
 * Sound   what an execution does follows from its schedule and from what each body does after the results that it had. So if each body,
 *         given these, asks for the same operations with the same operands, and ends as it did, the execution is the same.
 */
import { ABORT, PASSED } from '../../define/outcome.ts'
import { FINISHED, RUNNING } from '../engine/cpus.ts'
import { DIRECT } from '../engine/mode.ts'
import { StateSet } from '../searches/state_set.ts'
import type { Kind, Value } from './kinds.ts'
import { LearningEngine } from './learning_engine.ts'
import { Operands } from './operands.ts'
import { Hash64, mixed } from './mixed.ts'

/** See the head of this file. */
export abstract class RepeatingEngine extends LearningEngine {
  #operands: Operands | undefined
  #repeating = false
  readonly #saved = new Int32Array(this.all.length)
  /** Hashes of the logs, and those for which bodies have run alone already, each with what they ran over. */
  readonly #high = new Int32Array(this.cpus)
  readonly #low = new Int32Array(this.cpus)
  readonly #known = new StateSet()
  readonly #hash = new Hash64()

  /** From now on bodies can be run alone. */
  protected noteOperands(): void {
    this.#operands ??= new Operands(this.cpus)
  }

  protected override announce(op: number, kind: Kind, at: number, x: Value, y: Value): void {
    if (this.#operands !== undefined) this.#announced(this.#operands, op, kind, at, x, y)
    super.announce(op, kind, at, x, y)
  }

  #announced(operands: Operands, op: number, kind: Kind, at: number, x: Value, y: Value): void {
    const { me } = this
    const word = this.logs.length[me]!
    if (!this.#repeating) operands.note(me, word, op, kind, at, x, y)
    else if (this.status[me] !== RUNNING || !operands.has(me, word, op, kind, at, x, y))
      this.unlike('went on')
  }

  protected override repeats(op: number, kind: Kind, at: number, x: Value, y: Value): void {
    if (!this.#repeating) return
    const word = this.logs.length[this.me]! - this.mode
    if (this.#operands?.has(this.me, word, op, kind, at, x, y) !== true) this.unlike('went on')
  }

  /** Takes the hashes of the logs of the execution that has just ended. */
  protected hashLogs(): void {
    const hash = this.#hash
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const log = this.logs.entries[cpu]!
      hash.begin(cpu)
      for (let word = 0, n = this.logs.length[cpu]!; word < n; word++) hash.add(log[word]!)
      this.#high[cpu] = hash.high
      this.#low[cpu] = hash.low
    }
  }

  /** CPUs, as bits, whose bodies have not run from these logs over the content that has these two hashes. */
  protected newFor(contentHigh: number, contentLow: number): number {
    let cpus = 0
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const high = mixed(this.#high[cpu]!, contentHigh)
      const low = mixed(contentLow, this.#low[cpu]!)
      if (this.#known.isFull || this.#known.add(high, low)) cpus |= 1 << cpu
    }
    return cpus
  }

  /** True if each body of these does again what it did in the execution that has just ended, which has not failed. */
  protected doAlike(cpus: number): boolean {
    const { outcome, message, failedAddr, failedCpu, error } = this
    this.#saved.set(this.all)
    this.outcome = PASSED
    const isAlike = this.#runAlone(cpus)
    this.all.set(this.#saved)
    this.mode = DIRECT
    this.me = 0
    this.settled(outcome)
    Object.assign(this, { outcome, message, failedAddr, failedCpu, error })
    return isAlike
  }

  #runAlone(cpus: number): boolean {
    this.#repeating = true
    try {
      for (let cpu = 0; cpu < this.cpus; cpu++) {
        if (((cpus >> cpu) & 1) === 0) continue
        const isDone = this.status[cpu] === FINISHED
        if (this.runToPoint(cpu) !== isDone) return false
      }
      return true
    } catch (thrown) {
      if (thrown !== ABORT) throw thrown
      return false
    } finally {
      this.#repeating = false
    }
  }
}
