/**
 * The engine that learns what bodies do, so that most executions need not run them: it runs a body only where the body gets a result
 * that it has not had there before. What an execution does, step by step, is the same either way.
 *
 * Invariant  the log of each CPU is what it would be if its body ran, so a body can be run up to where it is at any time.
 * Outside    what bodies do outside of the memory they do only when they run; `finish` may look at it, so before it they are run once
 *            more from their logs.
 * Cost       some 100 ns a step; a body that is run costs what nested.ts says, and an exception.
 */
import { ABORT, UNWIND } from '../../define/outcome.ts'
import { CHOOSE, NOTHING, RELAX, RESUME, WAIT, WAKE } from '../dependence.ts'
import { DIRECT, LIVE, Saved, UNWINDING, type Policy } from '../engine/execution.ts'
import { ENTERED } from '../engine/futex.ts'
import { CLOCK, PLAIN_LOAD, PLAIN_STORE, STAMP } from '../engine/log.ts'
import { relax } from '../engine/perform.ts'
import { MAX_CPUS } from '../engine/words.ts'
import { Behaviour, PLACE, type Step } from './behaviour.ts'
import { UserEngine } from './engine.ts'
import { INT32, type Kind, type Value } from './kinds.ts'

/** Steps of one body beyond which what is known of it is forgotten: some hundred bytes each. */
const MOST_STEPS = 400_000

/** Steps between two moments that are saved: measured, 8 to 12 are best, for to save one costs as much as some steps. */
const SAVE_EVERY = 10

/** An execution between two steps. */
class Moment extends Saved {
  readonly now: Step[] = []
  readonly logs = new Int32Array(MAX_CPUS)
  readonly seen: (LearningEngine['seen'][number] | undefined)[] = []
}

/** See the head of this file. */
export abstract class LearningEngine extends UserEngine {
  readonly #behaviours: Behaviour[] = []
  readonly #now: Step[] = []
  /** A body is run to learn what it does after this, with this result. */
  #from: Step | undefined
  #result: Value = 0
  /** The place from which it is learned: those before it are passed by. */
  #upTo: Step | undefined
  /** Somebody may look at what bodies do outside of the memory, once all have returned. */
  protected hasOutside = true

  /** Moments of the last execution, and the policy that it followed. */
  readonly #moments: Moment[] = []
  #saved = 0
  /** Steps between two of them. */
  saveEvery: number = SAVE_EVERY
  /** Undefined: they are of no use any more. */
  protected savedBy: Policy | undefined
  /** What runs in the place of a body when it is learned, and tells where it is. */
  protected readonly twins: ((() => void) | undefined)[] = []
  /** The first CPU with the same body, if nothing tells the two apart. */
  readonly alike: number[] = []
  /** Tells how far a state can be compared: what bodies do was forgotten, or a loop was found that relaxes. */
  generation = 0
  /** A body relaxes. */
  relaxes = false

  #behaviourOf(one: number): Behaviour {
    const cpu = this.alike[one] ?? one
    return (this.#behaviours[cpu] ??= new Behaviour())
  }

  protected override bodyOf(cpu: number): () => void {
    return (this.#from === undefined ? undefined : this.twins[cpu]) ?? super.bodyOf(cpu)
  }

  /** A body that is being learned is at a place that this text tells. What follows may be known already. */
  protected at(text: string): void {
    if (this.#from === undefined || this.mode !== LIVE) return
    const { places } = this.#behaviourOf(this.me)
    const known = places.get(text)
    if (this.#upTo !== undefined) {
      if (known === this.#upTo) this.#upTo = undefined
    } else if (known === undefined) {
      this.announce(PLACE, INT32, 0, 0, 0)
      this.#result = 0
      places.set(text, this.#from)
    } else {
      this.#from.lead(this.#result, known)
      this.#from = known
      this.mode = UNWINDING
      throw UNWIND
    }
  }

  /** The step of its body at which a CPU is. */
  stepOf(cpu: number): Step {
    return this.#now[cpu] as Step
  }

  /** Runs the program once, its bodies only where that is new. */
  protected executeKnown(policy: Policy): number {
    this.error = undefined
    const savable = policy.shared !== undefined && !this.relaxes
    try {
      if (!this.#resumed(policy)) {
        this.begin(policy)
        for (let cpu = 0; cpu < this.cpus; cpu++) this.#start(cpu)
      }
      for (;;) {
        if (savable && this.step % this.saveEvery === 0) this.#save()
        const turn = this.decide()
        if (turn < 0) break
        this.#turn(turn)
      }
      if (this.hasOutside) this.#showOutside()
      this.mode = DIRECT
      this.me = 0
      this.conclude()
    } catch (error) {
      if (error !== ABORT) throw error
    }
    this.#from = undefined
    this.mode = DIRECT
    this.me = 0
    return this.settled(this.outcome)
  }

  #save(): void {
    const moment = (this.#moments[this.#saved++] ??= new Moment())
    this.save(moment)
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      moment.now[cpu] = this.#now[cpu] as Step
      moment.logs[cpu] = this.logs.length[cpu]!
      moment.seen[cpu] = this.seen[cpu]
    }
  }

  /** Goes back to the last moment that this execution has in common with the one before it. False: there is none. */
  #resumed(policy: Policy): boolean {
    const mine = this.savedBy === policy && !this.relaxes
    this.savedBy = policy
    const { shared = 0 } = policy
    if (!mine) this.#saved = 0
    while (this.#saved > 0 && this.#moments[this.#saved - 1]!.step > shared) this.#saved--
    if (this.#saved === 0) return false
    const moment = this.#moments[--this.#saved] as Moment
    this.resume(policy, moment)
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.#now[cpu] = moment.now[cpu] as Step
      this.logs.length[cpu] = moment.logs[cpu]!
      const seen = moment.seen[cpu]
      if (seen !== undefined) this.seen[cpu] = seen
    }
    this.mode = LIVE
    return true
  }

  #start(cpu: number): void {
    this.me = cpu
    if (this.#behaviourOf(cpu).steps > MOST_STEPS) this.#forget()
    // What comes before the first schedule point is in the log already.
    this.#follow(cpu, this.#behaviourOf(cpu).start, 0)
  }

  #forget(): void {
    this.#behaviours.length = 0
    this.savedBy = undefined
    this.generation++
  }

  /** The CPU does the step it is at, and what follows up to its next schedule point. */
  #turn(cpu: number): void {
    this.me = cpu
    const step = this.#now[cpu] as Step
    const result = this.#perform(step)
    if (step.op === WAIT && result === ENTERED) this.#now[cpu] = this.#asleep(cpu, step)
    else this.#follow(cpu, step, result)
  }

  /** It sleeps: its body has nothing to say to that. */
  #asleep(cpu: number, step: Step): Step {
    let resume = step.after(ENTERED)
    if (resume === undefined) {
      resume = this.#behaviourOf(cpu).step(RESUME, step.kind, step.at, 0, 0)
      step.lead(ENTERED, resume)
    }
    return resume
  }

  /** Does what comes after a step with this result, up to the next schedule point. */
  #follow(cpu: number, step: Step, result: Value): void {
    let from = step
    let value = result
    for (;;) {
      const next = from.after(value) ?? this.#learn(cpu, from, value)
      if (next.op === NOTHING || this.#isPoint(next)) {
        this.#now[cpu] = next
        if (next.op === NOTHING) this.retire(cpu)
        else this.#publish(next)
        return
      }
      from = next
      value = this.#perform(next)
    }
  }

  #publish({ operation, word, first, second }: Step): void {
    this.publish(operation, word, first, second)
  }

  /** Runs a body to see what it does once a step has had this result. Returns the schedule point that it comes to, or its end. */
  #learn(cpu: number, step: Step, result: Value): Step {
    this.#from = step
    this.#result = result
    this.#upTo = step.op === PLACE ? step : undefined
    const returned = this.runToPoint(cpu)
    if (returned) this.announce(NOTHING, INT32, 0, 0, 0)
    const last = this.#from
    this.#from = undefined
    last.operation = this.op[cpu]!
    last.word = this.addr[cpu]!
    last.first = this.x[cpu]!
    last.second = this.y[cpu]!
    return last
  }

  protected override announce(op: number, kind: Kind, at: number, x: Value, y: Value): void {
    if (this.#from === undefined) return
    const step = this.#behaviourOf(this.me).step(op, kind, at, x, y)
    this.#from.lead(this.#result, step)
    this.#from = step
  }

  protected override answered(value: Value): void {
    this.#result = value
  }

  override cpu_relax(): void {
    if (this.mode === LIVE && !this.relaxes) {
      this.relaxes = true
      this.generation++
    }
    if (this.mode === LIVE) this.announce(RELAX, INT32, 0, 0, 0)
    super.cpu_relax()
  }

  override choose(n: number): number {
    if (this.mode === LIVE) this.announce(CHOOSE, INT32, 0, n, 0)
    return super.choose(n)
  }

  override ktime_get_ns(): number {
    if (this.mode !== LIVE) return super.ktime_get_ns()
    this.announce(CLOCK, INT32, 0, 0, 0)
    const now = super.ktime_get_ns()
    this.answered(now)
    return now
  }

  /** What the bodies do outside of the memory, they do once more, one after the other. */
  #showOutside(): void {
    for (let cpu = 0; cpu < this.cpus; cpu++) if (!this.runToPoint(cpu)) this.unlike('went on')
  }

  #isPoint({ op }: Step): boolean {
    if (op === PLAIN_LOAD || op === PLAIN_STORE) return !this.rules.races
    return op !== CLOCK && op !== STAMP && op !== PLACE
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
        return this.performAtomic(op, kind, at, x, y)
    }
  }
}
