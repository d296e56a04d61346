/**
 * The bodies on one stack, without coroutines. A switch to a CPU that is not on the stack calls its body on top of the running one. A
 * switch to one further down unwinds what is above it by an exception; an unwound body is run again later, from its log, up to where
 * it was.
 */
import { Oops } from '../../base/kernel_error.ts'
import { ABORT, ASSERTION, OOPS, PASSED, UNWIND } from '../../define/outcome.ts'
import { Logged } from './logged.ts'
import { LIVE, UNWINDING } from './mode.ts'
import type { Rules } from './rules.ts'
import type { Program } from './program.ts'

/** Bottom of a CPU's stack: what is below it belongs to others. */
function ret_from_fork(body: () => void): void {
  body()
}

/** See the head of this file; the accesses themselves are a subclass's. */
export abstract class Stacked extends Logged {
  protected readonly program: Program
  /** What a body or check threw, if the outcome is ASSERTION. */
  error: unknown
  #stacked = 0
  #turn = -1
  /** The running body was re-executed because it was chosen: its next schedule point is the decision already taken. */
  #granted = false
  /** True while the bodies run up to their first schedule points. */
  probing = false

  constructor(memory: Int32Array, program: Program, rules: Rules) {
    super(memory, program.bodies.length, rules)
    this.program = program
  }

  /** No body is on the stack. */
  protected stand(): void {
    this.#stacked = 0
    this.#granted = false
    this.me = 0
    this.mode = LIVE
  }

  /** Runs the bodies until nobody can go on. */
  protected runAll(): void {
    this.#turn = this.decide()
    while (this.#turn >= 0) this.#nest(this.#turn)
  }

  /** Runs a body alone, through its log and on to its next schedule point (false) or its end (true). */
  protected runToPoint(cpu: number): boolean {
    this.enter(cpu)
    this.probing = true
    this.#granted = false
    this.mode = this.logs.length[cpu]!
    try {
      const returned = this.runBody(cpu)
      if (returned && this.mode !== LIVE) this.unlike('returned')
      return returned
    } finally {
      this.probing = false
      if (this.mode !== UNWINDING || this.outcome === PASSED) this.mode = LIVE
    }
  }

  /** Runs a body until it returns (true) or must give the stack up (false). */
  protected runBody(cpu: number): boolean {
    try {
      ret_from_fork(this.bodyOf(cpu))
    } catch (error) {
      if (this.mode !== UNWINDING) {
        this.error = error
        this.outcome = error instanceof Oops ? OOPS : ASSERTION
        this.thrown(error)
        this.failedCpu = cpu
        this.message = error instanceof Error ? error.message : String(error)
        this.mode = UNWINDING
      }
      if (this.outcome !== PASSED) throw ABORT
      return false
    }
    if (this.mode === UNWINDING) {
      this.#swallowed(cpu)
    }
    return true
  }

  /** What a CPU runs. */
  protected bodyOf(cpu: number): () => void {
    return this.program.bodies[cpu]!
  }

  /** A body has thrown something of its own. */
  protected thrown(_error: unknown): void {}

  /** The body has caught what was thrown to stop it, and returned. */
  #swallowed(cpu: number): never {
    if (this.outcome === PASSED) {
      this.outcome = ASSERTION
      this.failedCpu = cpu
      this.message = `the body of cpu-${cpu} swallowed what the explorer threw: rethrow what isControl() knows`
      this.error = undefined
    }
    throw ABORT
  }

  /** Runs a body on top of the running one. Afterwards `#turn` is whose turn it is. */
  #nest(cpu: number): void {
    const below = this.me
    this.enter(cpu)
    this.#stacked |= 1 << cpu
    this.#granted = true
    this.mode = this.logs.length[cpu]!
    if (this.runBody(cpu)) this.#return(cpu)
    this.#stacked &= ~(1 << cpu)
    this.enter(below)
    this.mode = LIVE
  }

  /** What a CPU that sleeps waits for, if the engine has words of its own. */
  sleepText(_cpu: number): string {
    return ''
  }

  /** From here on this CPU's body runs. */
  protected enter(cpu: number): void {
    this.me = cpu
  }

  #return(cpu: number): void {
    if (this.#granted || this.mode !== LIVE) this.unlike('returned')
    this.objects.checkExit(this, cpu)
    this.retire(cpu)
    this.#turn = this.decide()
  }

  /** Lets somebody else run until it is the running CPU's turn again. */
  protected switchAway(): void {
    if (this.#granted) {
      this.#granted = false
      return
    }
    if (this.probing) {
      this.mode = UNWINDING
      throw UNWIND
    }
    const me = this.me
    let next = this.decide()
    while (next !== me) {
      if (((this.#stacked >> next) & 1) !== 0) {
        this.#turn = next
        this.mode = UNWINDING
        throw UNWIND
      }
      this.#nest(next)
      next = this.#turn
    }
  }

  /** The schedule point before an atomic access: says what comes, returns when it may. */
  protected point(op: number, addr: number, x: number, y: number): void {
    if (this.#granted) {
      const me = this.me
      if (this.op[me] !== op || this.addr[me] !== addr || this.x[me] !== x || this.y[me] !== y) {
        this.unlike('went on')
      }
      this.#granted = false
      return
    }
    this.publish(op, addr, x, y)
    this.switchAway()
  }
}
