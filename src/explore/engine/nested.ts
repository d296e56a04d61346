/**
 * Runs all CPUs of a model on one thread (stacked.ts), each execution from its start to its end and the checks there.
 *
 * Start      what a body does before its first schedule point cannot depend on the schedule: it is run once, in CPU
 *            order, and counts as the start state of every execution.
 */
import { ABORT, ASSERTION, INVARIANT } from '../../define/outcome.ts'
import { DIRECT, LIVE } from './mode.ts'
import type { Policy } from './policy.ts'
import type { Rules } from './rules.ts'
import type { Program } from './program.ts'
import { Stacked } from './stacked.ts'

/** What there is of a body's first operation: whether it has returned, and what it has published. */
const OF_FIRST = 5

/** Engine that nests the bodies on one stack; the accesses themselves are a subclass's. */
export abstract class Nested extends Stacked {
  #probed = false
  /** What the bodies changed before their first schedule points. */
  #preamble: readonly (readonly [address: number, old: number])[] = []
  readonly #prologue = new Int32Array(this.cpus)
  readonly #first = new Int32Array(this.cpus * OF_FIRST)

  constructor(memory: Int32Array, program: Program, rules: Rules) {
    super(memory, program, rules)
    const { invariant } = program
    if (invariant !== undefined) this.check = () => this.#direct(invariant, INVARIANT)
  }

  /** Runs the model once from its start. Returns the outcome. */
  execute(policy: Policy): number {
    this.error = undefined
    try {
      this.begin(policy)
      this.runAll()
      this.mode = DIRECT
      this.me = 0
      this.conclude()
    } catch (error) {
      if (error !== ABORT) throw error
    }
    this.mode = DIRECT
    this.me = 0
    return this.outcome
  }

  /** Brings about the state in which every body stands before its first schedule point; true: or a later one. */
  protected begin(policy: Policy): boolean {
    if (!this.#probed) this.#probe(policy)
    this.restart(policy)
    this.objects.restart()
    this.detector?.begin()
    this.stand()
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const words = this.#prologue[cpu]!
      this.logs.length[cpu] = words
      this.me = cpu
      if (words > 0) this.logs.each(cpu, words, (kind, addr, value) => this.effect(kind, addr, value))
      const first = cpu * OF_FIRST
      if (this.#first[first] !== 0) this.retire(cpu)
      else {
        this.publish(
          this.#first[first + 1]!,
          this.#first[first + 2]!,
          this.#first[first + 3]!,
          this.#first[first + 4]!,
        )
      }
    }
    return false
  }

  /** Finds what each body does before its first schedule point. */
  #probe(policy: Policy): void {
    this.restart(policy)
    this.objects.restart()
    this.detector?.begin()
    this.probing = true
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.enter(cpu)
      this.mode = LIVE
      this.logs.length[cpu] = 0
      const finished = this.runBody(cpu)
      this.#prologue[cpu] = this.logs.length[cpu]!
      this.#first.set(
        [finished ? 1 : 0, this.op[cpu]!, this.addr[cpu]!, this.x[cpu]!, this.y[cpu]!],
        cpu * OF_FIRST,
      )
    }
    this.probing = false
    this.#probed = true
    this.#preamble = this.words.commit()
  }

  /** The next execution runs the bodies from their very start again, so that a listener hears all of it. */
  forgetStart(): void {
    this.words.restart()
    for (const [address, old] of this.#preamble) this.memory[address] = old
    this.#preamble = []
    this.#probed = false
  }

  /** The checks at the end of an execution in which every body returned. */
  protected conclude(): void {
    if (this.program.leaks === true) this.objects.checkLeaks(this)
    const { finish } = this.program
    if (finish !== undefined) this.#direct(finish, ASSERTION)
  }

  /** Runs a check on the state as it is. */
  #direct(check: () => void, outcome: number): void {
    const mode = this.mode
    this.mode = DIRECT
    try {
      check()
      this.mode = mode
    } catch (error) {
      this.error = error
      this.fail(
        outcome,
        outcome === INVARIANT ? this.me : -1,
        error instanceof Error ? error.message : String(error),
      )
    }
  }
}
