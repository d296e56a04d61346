/**
 * The engine that need not run bodies of which it has learned what they do (learner.ts): it runs one only where the body gets a result
 * that it has not had there before. What an execution does, step by step, is the same either way.
 *
 * Invariant  the log of each CPU is what it would be if its body ran, so a body can be run up to where it is at any time.
 * Outside    what bodies do outside of the memory they do only when they run; `finish` may look at it, so before it they are run once
 *            more from their logs.
 * Begins     where an execution parts from the one before it: resuming.ts.
 */
import { ABORT } from '../../define/outcome.ts'
import { CHOOSE, NOTHING, RELAX, RESUME, WAIT, WAKE } from '../dependence.ts'
import { ENTERED } from '../engine/futex.ts'
import { CLOCK, PLAIN_LOAD, PLAIN_STORE, STAMP } from '../engine/log.ts'
import { DIRECT } from '../engine/mode.ts'
import { relax } from '../engine/perform.ts'
import type { Policy } from '../engine/policy.ts'
import { PLACE, type Step } from './behaviour.ts'
import { INT32, type Value } from './kinds.ts'
import { Learner } from './learner.ts'

/** See the head of this file. */
export abstract class LearningEngine extends Learner {
  readonly #now: Step[] = []
  /** What there is of each CPU at each moment that is saved. */
  readonly #nowAt: Step[] = []
  readonly #seenAt: (LearningEngine['seen'][number] | undefined)[] = []
  /** Somebody may look at what bodies do outside of the memory, once all have returned. */
  protected hasOutside = true
  /** Steps are cheap here, and so are moments: measured, 1 to 4 are equal. */
  override saveEvery = 3

  /** The step of its body at which a CPU is. */
  stepOf(cpu: number): Step {
    return this.#now[cpu] as Step
  }

  /** Runs the program once, its bodies only where that is new. */
  protected executeKnown(policy: Policy): number {
    this.error = undefined
    this.resumes = true
    try {
      if (!this.begin(policy)) for (let cpu = 0; cpu < this.cpus; cpu++) this.#start(cpu)
      for (let cpu = this.decide(); cpu >= 0; cpu = this.decide()) this.#turn(cpu)
      if (this.hasOutside) this.#showOutside()
      this.mode = DIRECT
      this.me = 0
      this.conclude()
    } catch (error) {
      if (error !== ABORT) throw error
    } finally {
      this.resumes = false
    }
    this.mode = DIRECT
    this.me = 0
    return this.settled(this.outcome)
  }

  protected override saveOwn(number: number): void {
    const { cpus } = this
    for (let cpu = 0, at = number * cpus; cpu < cpus; cpu++, at++) {
      this.#nowAt[at] = this.#now[cpu] as Step
      this.#seenAt[at] = this.seen[cpu]
    }
  }

  protected override restoreOwn(number: number): void {
    const { cpus } = this
    for (let cpu = 0, at = number * cpus; cpu < cpus; cpu++, at++) {
      this.#now[cpu] = this.#nowAt[at] as Step
      const seen = this.#seenAt[at]
      if (seen !== undefined) this.seen[cpu] = seen
    }
  }

  #start(cpu: number): void {
    this.me = cpu
    // What comes before the first schedule point is in the log already.
    this.#follow(cpu, this.startOf(cpu), 0)
  }

  /** The CPU does the step it is at, and what follows up to its next schedule point. */
  #turn(cpu: number): void {
    this.me = cpu
    const step = this.#now[cpu] as Step
    const result = this.#perform(step)
    if (step.op === WAIT && result === ENTERED) this.#now[cpu] = this.asleep(cpu, step)
    else this.#follow(cpu, step, result)
  }

  /** Does what comes after a step with this result, up to the next schedule point. */
  #follow(cpu: number, step: Step, result: Value): void {
    let from = step
    let value = result
    for (;;) {
      const next = from.next(value) ?? this.learnFrom(cpu, from, value)
      if (next.isPoint) {
        this.#now[cpu] = next
        if (next.op === NOTHING) this.retire(cpu)
        else this.publish(next.operation, next.word, next.first, next.second)
        return
      }
      from = next
      value = this.#perform(next)
    }
  }

  /** What the bodies do outside of the memory, they do once more, one after the other. */
  #showOutside(): void {
    for (let cpu = 0; cpu < this.cpus; cpu++) if (!this.runToPoint(cpu)) this.unlike('went on')
  }

  #perform(step: Step): Value {
    const { op, kind, at, x, y } = step
    switch (op) {
      case WAIT:
        return this.performWait(kind, at, x, y as number)
      case RESUME:
        return this.performResume(at)
      case WAKE:
        return this.performNotify(at, x as number)
      case RELAX:
        this.relaxing()
        relax(this, this.me)
        return this.keep(RELAX, 0, 0)
      case CHOOSE:
        return this.performChoose(x as number)
      case PLAIN_LOAD:
        return this.performRead(at, x as number)
      case PLAIN_STORE:
        this.performWrite(at, x as number, y as number)
        return 0
      case CLOCK:
        return this.ktime_get_ns()
      case PLACE:
        return 0
      case STAMP:
        return this.performStamp()
      default:
        return kind === INT32 && this.whole
          ? this.performWord(op, step.word, step.first, step.second)
          : this.performAtomic(op, kind, at, x, y)
    }
  }
}
