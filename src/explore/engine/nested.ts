/**
 * Runs all CPUs of a model on one thread, without coroutines. A switch to a CPU that is not on the stack calls its body
 * on top of the running one. A switch to one further down unwinds what is above it by an exception; an unwound body is
 * run again later, from its log, up to where it was.
 *
 * Invariant  while a body is re-executed (`mode` > 0) it has no effect: accesses return what the log says.
 * Start      what a body does before its first schedule point cannot depend on the schedule: it is run once, in CPU
 *            order, and counts as the start state of every execution.
 */
import { Oops } from '../../base/kernel_error.ts'
import {
  ABORT,
  ASSERTION,
  INVARIANT,
  NONDETERMINISM,
  OOPS,
  PASSED,
  STEP_LIMIT,
  UNWIND,
} from '../../define/outcome.ts'
import { direct } from './direct.ts'
import { DIRECT, Execution, LIVE, UNWINDING, type Policy, type Rules } from './execution.ts'
import {
  ALLOC,
  CLOCK,
  FREE,
  HEARD,
  LOCK_ACQUIRED,
  LOCK_INIT,
  LOCK_RELEASE,
  Logs,
  MIGHT_SLEEP,
  PLAIN_LOAD,
  PLAIN_STORE,
  tagOf,
  UNWATCHED,
} from './log.ts'
import { Objects } from './objects.ts'
import { plainLoad, plainStore } from './perform.ts'
import { MAX_CPUS } from './words.ts'

/** What an engine runs. `finish` checks the end of an execution in which every body
 * returned, `invariant` the state after every event. Both throw. */
export interface Program {
  readonly bodies: readonly (() => void)[]
  readonly finish?: (() => void) | undefined
  readonly invariant?: (() => void) | undefined
  readonly leaks?: boolean | undefined
}

/** Bottom of a CPU's stack: what is below it belongs to others. */
function ret_from_fork(body: () => void): void {
  body()
}

/** A detector that hears tracepoints, once per execution. */
export interface Detector {
  /** An execution begins. */
  begin(): void
  /** The running CPU told it something: the value of the note says what. */
  heard(value: number): void
}

/** Engine that nests the bodies on one stack; the accesses themselves are a subclass's. */
export abstract class Nested extends Execution {
  readonly logs = new Logs()
  readonly objects = new Objects()
  readonly #program: Program
  detector: Detector | undefined
  /** What a body or check threw, if the outcome is ASSERTION. */
  error: unknown
  #stacked = 0
  #turn = -1
  /** The running body was re-executed because it was chosen: its next schedule point is the decision already taken. */
  #granted = false
  /** True while the bodies run up to their first schedule points. */
  probing = false
  #probed = false
  /** What the bodies changed before their first schedule points. */
  #preamble: readonly (readonly [address: number, old: number])[] = []
  readonly #prologue = new Int32Array(MAX_CPUS)
  readonly #first = new Int32Array(MAX_CPUS * 5)

  constructor(memory: Int32Array, program: Program, rules: Rules) {
    super(memory, program.bodies.length, rules)
    this.#program = program
    const { invariant } = program
    if (invariant !== undefined) this.check = () => this.#direct(invariant, INVARIANT)
  }

  /** Runs the model once from its start. Returns the outcome. */
  execute(policy: Policy): number {
    this.error = undefined
    try {
      this.begin(policy)
      this.#turn = this.decide()
      while (this.#turn >= 0) this.#nest(this.#turn)
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

  /** Brings about the state in which every body stands before its first schedule point. */
  protected begin(policy: Policy): void {
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
      const first = cpu * 5
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
  }

  /** No body is on the stack. */
  protected stand(): void {
    this.#stacked = 0
    this.#granted = false
    this.me = 0
    this.mode = LIVE
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
      const finished = this.#run(cpu)
      this.#prologue[cpu] = this.logs.length[cpu]!
      this.#first.set([finished ? 1 : 0, this.op[cpu]!, this.addr[cpu]!, this.x[cpu]!, this.y[cpu]!], cpu * 5)
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

  /** Runs a body alone, through its log and on to its next schedule point (false) or its end (true). */
  protected runToPoint(cpu: number): boolean {
    this.enter(cpu)
    this.probing = true
    this.#granted = false
    this.mode = this.logs.length[cpu]!
    try {
      const returned = this.#run(cpu)
      if (returned && this.mode !== LIVE) this.unlike('returned')
      return returned
    } finally {
      this.probing = false
      if (this.mode !== UNWINDING || this.outcome === PASSED) this.mode = LIVE
    }
  }

  /** Runs a body until it returns (true) or must give the stack up (false). */
  #run(cpu: number): boolean {
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
    return this.#program.bodies[cpu]!
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
    if (this.#run(cpu)) this.#return(cpu)
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
    if (this.probing) {
      this.mode = UNWINDING
      throw UNWIND
    }
    this.switchAway()
  }

  /** The body does not do what it did before. */
  protected unlike(how: string): never {
    return this.fail(
      NONDETERMINISM,
      this.me,
      `cpu-${this.me} ${how} otherwise than it had announced, or than in an earlier run of the same steps`,
    )
  }

  /** Notes in the running CPU's log what it did. Returns the value. */
  protected keep(kind: number, addr: number, value: number): number {
    if (!this.logs.push(this.me, kind, addr, value)) {
      this.fail(STEP_LIMIT, this.me, `cpu-${this.me} never reaches a schedule point`)
    }
    return value
  }

  /** An access that is not an event of the running CPU: replayed, direct, or refused. */
  protected offline(kind: number, addr: number, x: number, y: number): number {
    const left = this.mode
    if (left === DIRECT) return direct(this, kind, addr, x, y)
    if (left === UNWINDING) this.rethrow()
    return this.replayed(kind, addr)
  }

  /** What the access returned when it happened: the next entry of the log of the body that is being re-executed. */
  protected replayed(kind: number, addr: number): number {
    const left = this.mode
    const log = this.logs.entries[this.me]!
    const at = this.logs.length[this.me]! - left
    if (log[at] !== tagOf(kind, addr)) this.unlike('went on')
    this.mode = left - 2
    return log[at + 1]!
  }

  /** The engine has thrown already, and the body has caught it. */
  protected rethrow(): never {
    throw this.outcome === PASSED ? UNWIND : ABORT
  }

  /** A tracepoint: as an access it happens once per execution, but it schedules nobody. */
  note(kind: number, addr: number, value: number): void {
    if (this.mode === LIVE) {
      this.effect(kind, addr, value)
      if (this.listener !== null && kind !== HEARD && kind !== LOCK_INIT)
        this.listener.note(this, kind, addr, value)
      this.keep(kind, addr, value)
    } else if (this.mode > 0) this.offline(kind, addr, 0, 0)
  }

  /** What a plain access or a note does to the state of the execution. */
  protected effect(kind: number, addr: number, value: number): void {
    const me = this.me
    if (kind === PLAIN_LOAD) plainLoad(this, me, addr)
    else if (kind === PLAIN_STORE) plainStore(this, me, addr, value)
    else if (kind === ALLOC) this.objects.allocated(this, me, addr, value)
    else if (kind === FREE) this.objects.freed(this, me, addr, value)
    else if (kind === LOCK_ACQUIRED) this.objects.acquired(me, addr)
    else if (kind === LOCK_RELEASE) this.objects.released(me, addr)
    else if (kind === LOCK_INIT) this.objects.initialised(addr, value)
    else if (kind === MIGHT_SLEEP) this.objects.checkSleep(this, me)
    else if (kind === CLOCK) this.#tick(me)
    else if (kind === UNWATCHED) this.unwatched[me]! += value
    else if (kind === HEARD) this.detector?.heard(value)
  }

  /** Half a clock read: the log holds two entries for each. A loop that reads the clock is never idle. */
  #tick(cpu: number): void {
    this.clock[cpu]! += this.tickNs / 2
    this.spinWrote[cpu] = 1
  }

  /** The checks at the end of an execution in which every body returned. */
  protected conclude(): void {
    if (this.#program.leaks === true) this.objects.checkLeaks(this)
    const { finish } = this.#program
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
