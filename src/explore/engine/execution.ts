/**
 * One execution of a model: the state of its simulated CPUs, the memory, the trace. deciding.ts chooses whose turn it is, engines extend
 * that with a way to let a CPU run.
 *
 * Invariant        at every decision each unfinished CPU has published its next operation; what the chosen one then does
 *                  is exactly that. Anything else is uncontrolled nondeterminism.
 */
import { CHANGED, CHOOSE, NOTHING } from '../dependence.ts'
import { ABORT, DIVERGED, STEP_LIMIT } from '../../define/outcome.ts'
import { Clocks } from './clocks.ts'
import { Cpus, FINISHED } from './cpus.ts'
import { DIRECT, UNWINDING } from './mode.ts'
import type { Moment } from './moment.ts'
import type { Listener, Policy, Rules } from './policy.ts'
import { CHOICE, QUIESCENT, ROW, T_ADDR, T_CLASS, T_ENABLED, T_OLD, T_OP, T_SLEEP, T_X, T_Y } from './rows.ts'
import { WordTable } from './words.ts'

/** How far a look at the clock moves it, if the rules do not say: a loop that waits for time to pass ends. */
const CLOCK_TICK_NS = 1000

/** State of one execution; reused for the next by `restart`. */
export class Execution extends Cpus {
  readonly rules: Rules
  /** How far a look at the clock moves it. */
  readonly tickNs: number
  readonly memory: Int32Array
  readonly words: WordTable
  readonly clocks: Clocks
  readonly rows: Int32Array
  policy!: Policy
  listener: Listener | null = null
  /** Checks the state after an event. */
  protected check: (() => void) | null = null
  mode: number = DIRECT
  /** The running CPU. */
  me = 0
  step = 0
  last = 0
  /** CPUs that the search knows to be redundant here. */
  sleep = 0
  changes = 0
  arrivals = 0
  /** Who could run at the last decision, and who was known to be redundant there. */
  protected enabledAt = 0
  protected sleepAt = 0
  /** Quiescent time-outs since a word has changed, how many changes there were then, and such time-outs altogether. */
  protected idle = 0
  protected idleChanges = 0
  protected firings = 0
  /** Hears that what a CPU reads by data_race is not ordered with what another writes plainly. */
  onRacy: ((addr: number, cpu: number) => void) | undefined
  /** Words before which a coarse search preempts nobody. */
  calm: ((addr: number) => boolean) | undefined
  outcome = 0
  failedCpu = -1
  message = ''
  /** Word the failure is about, 0 if none. */
  failedAddr = 0

  constructor(memory: Int32Array, cpus: number, rules: Rules) {
    super(cpus)
    this.rules = rules
    this.tickNs = rules.tickNs ?? CLOCK_TICK_NS
    this.memory = memory
    this.words = new WordTable(memory, cpus)
    this.clocks = new Clocks(this.words, cpus, this.clockWords)
    this.rows = new Int32Array((rules.maxSteps + 1) * ROW)
  }

  /** Puts everything back to the start. */
  protected restart(policy: Policy): void {
    this.words.restart()
    this.clocks.restart()
    this.policy = policy
    this.step = this.last = this.sleep = this.changes = this.arrivals = 0
    this.idle = this.idleChanges = this.firings = this.outcome = this.failedAddr = 0
    this.failedCpu = -1
    this.message = ''
    this.restartCpus(this.rules.touchFreed === true)
    policy.begin(this)
  }

  /** Saves the state between two steps. */
  protected save(into: Moment): void {
    into.cpus.set(this.all)
    into.step = this.step
    into.last = this.last
    into.changes = this.changes
    into.arrivals = this.arrivals
    into.idle = this.idle
    into.idleChanges = this.idleChanges
    into.firings = this.firings
    this.words.mark(into.words)
  }

  /** Goes back to a state of the same execution, or of one that has begun alike. */
  protected resume(policy: Policy, from: Moment): void {
    this.all.set(from.cpus)
    this.step = from.step
    this.last = from.last
    this.changes = from.changes
    this.arrivals = from.arrivals
    this.idle = from.idle
    this.idleChanges = from.idleChanges
    this.firings = from.firings
    this.words.back(from.words)
    this.outcome = this.failedAddr = this.sleep = 0
    this.failedCpu = -1
    this.message = ''
    this.policy = policy
    policy.begin(this)
  }

  /** The sleeper may still be woken without a reason. */
  mayWakeSpuriously(cpu: number): boolean {
    return this.spurious[cpu]! < (this.rules.spuriousWakeups ?? 0)
  }

  /** Ends the execution. The first failure counts. */
  fail(outcome: number, cpu: number, message = '', addr = 0): never {
    if (this.mode !== UNWINDING) {
      this.outcome = outcome
      this.failedCpu = cpu
      this.message = message
      this.failedAddr = addr
      if (this.listener !== null) this.listener.failed(this)
      this.mode = UNWINDING
    }
    throw ABORT
  }

  /** The running CPU will do this next. */
  publish(op: number, addr: number, x: number, y: number): void {
    const me = this.me
    this.op[me] = op
    this.addr[me] = addr
    this.x[me] = x
    this.y[me] = y
  }

  /** True if the decision just taken could only choose among time-outs. */
  quiescent(): boolean {
    return (this.enabledAt & QUIESCENT) !== 0
  }

  /** Body returned. */
  protected retire(cpu: number): void {
    this.status[cpu] = FINISHED
    this.op[cpu] = NOTHING
    this.addr[cpu] = 0
  }

  /** The running CPU takes one of n alternatives: an event that commutes with all others. */
  pick(n: number): number {
    if (this.step >= this.rules.maxSteps) this.fail(STEP_LIMIT, this.me)
    const choice = n > 1 ? this.policy.pick(this, n) : 0
    if (!(choice >= 0 && choice < n)) this.fail(DIVERGED, -1)
    this.enabledAt = ((1 << n) - 1) | CHOICE
    this.sleepAt = this.sleep
    this.record(CHOOSE, 0, choice, n, 0, 0)
    return choice
  }

  /** Appends the event that the running CPU has just performed. */
  record(op: number, addr: number, x: number, y: number, old: number, cls: number): void {
    const me = this.me
    const rows = this.rows
    const row = this.step * ROW
    rows[row] = me
    rows[row + T_OP] = op
    rows[row + T_ADDR] = addr
    rows[row + T_X] = x
    rows[row + T_Y] = y
    rows[row + T_OLD] = old
    rows[row + T_CLASS] = cls
    rows[row + T_ENABLED] = this.enabledAt
    rows[row + T_SLEEP] = this.sleepAt
    this.last = me
    if ((cls & CHANGED) !== 0) {
      this.changes++
      this.changesOf[me]!++
      this.spinWrote[me] = 1
    }
    this.policy.executed(this, me, addr, cls)
    if (this.listener !== null) this.listener.event(this)
    this.step++
    if (this.check !== null) this.check()
  }
}
