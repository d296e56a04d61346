/**
 * Learns what bodies do: runs one up to where it gets a result that it has not had there before, and notes what it does then.
 *
 * Cost   a body that is run costs what engine/stacked.ts says, and an exception.
 */
import { UNWIND } from '../../define/outcome.ts'
import { CHOOSE, NOTHING, RELAX, RESUME } from '../dependence.ts'
import { ENTERED } from '../engine/futex.ts'
import { CLOCK } from '../engine/log.ts'
import { LIVE, UNWINDING } from '../engine/mode.ts'
import { Behaviour, PLACE, type Step } from './behaviour.ts'
import { UserEngine } from './engine.ts'
import { INT32, type Kind, type Value } from './kinds.ts'

/** Steps of one body beyond which what is known of it is forgotten: some hundred bytes each. */
const MOST_STEPS = 400_000

/** See the head of this file. */
export abstract class Learner extends UserEngine {
  readonly #behaviours: Behaviour[] = []
  /** A body is run to learn what it does after this, with this result. */
  #from: Step | undefined
  #result: Value = 0
  /** The place from which it is learned: those before it are passed by. */
  #upTo: Step | undefined
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
    return (this.#behaviours[cpu] ??= new Behaviour(!this.rules.races))
  }

  /** What comes first in a body. Forgets what it does if that has become too much. */
  protected startOf(cpu: number): Step {
    if (this.#behaviourOf(cpu).steps > MOST_STEPS) {
      this.#behaviours.length = 0
      this.generation++
    }
    return this.#behaviourOf(cpu).start
  }

  protected override bodyOf(cpu: number): () => void {
    return (this.#from === undefined ? undefined : this.twins[cpu]) ?? super.bodyOf(cpu)
  }

  /** A body is being learned, and has come to what is new. */
  protected asksPlace(): boolean {
    return this.#from !== undefined && this.mode === LIVE
  }

  /** It is at a place that this text tells. What follows may be known already. */
  protected at(text: string): void {
    const from = this.#from
    if (from === undefined) return
    const { places } = this.#behaviourOf(this.me)
    const known = places.get(text)
    if (this.#upTo !== undefined) {
      if (known === this.#upTo) this.#upTo = undefined
    } else if (known === undefined) {
      this.announce(PLACE, INT32, 0, 0, 0)
      this.#result = 0
      places.set(text, this.#from!)
    } else {
      from.lead(this.#result, known)
      this.#from = known
      this.mode = UNWINDING
      throw UNWIND
    }
  }

  /** Runs a body to see what it does once a step has had this result. Returns the schedule point that it comes to, or its end. */
  protected learnFrom(cpu: number, step: Step, result: Value): Step {
    this.#from = step
    this.#result = result
    this.#upTo = step.op === PLACE ? step : undefined
    try {
      const returned = this.runToPoint(cpu)
      if (returned) this.announce(NOTHING, INT32, 0, 0, 0)
      const last = this.#from
      last.publishes(this.op[cpu]!, this.addr[cpu]!, this.x[cpu]!, this.y[cpu]!)
      return last
    } finally {
      this.#from = undefined
    }
  }

  /** A CPU has gone to sleep in this step: its body has nothing to say to that. */
  protected asleep(cpu: number, step: Step): Step {
    let resume = step.after(ENTERED)
    if (resume === undefined) {
      resume = this.#behaviourOf(cpu).step(RESUME, step.kind, step.at, 0, 0)
      step.lead(ENTERED, resume)
    }
    return resume
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
    else if (this.mode > 0) this.repeats(CHOOSE, INT32, 0, n, 0)
    return super.choose(n)
  }

  override ktime_get_ns(): number {
    if (this.mode !== LIVE) return super.ktime_get_ns()
    this.announce(CLOCK, INT32, 0, 0, 0)
    const now = super.ktime_get_ns()
    this.answered(now)
    return now
  }
}
