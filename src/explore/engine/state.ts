/**
 * The state of one execution: its CPUs, its memory, the events so far, how it has ended.
 */
import { NOTHING } from '../dependence.ts'
import { Clocks } from './clocks.ts'
import { Cpus, FINISHED } from './cpus.ts'
import { DIRECT } from './mode.ts'
import type { Moment } from './moment.ts'
import { QUIESCENT, ROW } from './rows.ts'
import type { Rules } from './rules.ts'
import { WordTable } from './words.ts'

/** How far a look at the clock moves it, if the rules do not say: a loop that waits for time to pass ends. */
const CLOCK_TICK_NS = 1000

/** See the head of this file. */
export class State extends Cpus {
  readonly rules: Rules
  /** How far a look at the clock moves it. */
  readonly tickNs: number
  readonly memory: Int32Array
  readonly words: WordTable
  readonly clocks: Clocks
  readonly rows: Int32Array
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
  /** The step of that decision. */
  protected decidedAt = -1
  /** 1: whoever was chosen last has failed before its event was recorded. Who could have run instead is told by a row all the same. */
  attempted = 0
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

  /** The sleeper may still be woken without a reason. */
  mayWakeSpuriously(cpu: number): boolean {
    return this.spurious[cpu]! < (this.rules.spuriousWakeups ?? 0)
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

  /** Goes back to what was saved in this execution, or in one that has begun alike. */
  protected load(from: Moment): void {
    this.all.set(from.cpus)
    this.step = from.step
    this.last = from.last
    this.changes = from.changes
    this.arrivals = from.arrivals
    this.idle = from.idle
    this.idleChanges = from.idleChanges
    this.firings = from.firings
    this.words.back(from.words)
  }
}
