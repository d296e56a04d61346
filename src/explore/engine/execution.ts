/**
 * One execution of a model: the state of its simulated CPUs, the schedule point, the trace. Engines extend it with a
 * way to let a CPU run; policies choose which one.
 *
 * State of a CPU   RUNNING        `op`, `addr`, `x`, `y` say what it will do next
 *                  SLEEPING       in futex_wait, without or
 *                  SLEEPING_TIMED with a time-out (op is TIMEOUT, addr the word)
 *                  FINISHED       its body has returned
 * Invariant        at every decision each unfinished CPU has published its next operation; what the chosen one then does
 *                  is exactly that. Anything else is uncontrolled nondeterminism.
 */
import { CHANGED, CHOOSE, NOTHING, RELAX } from '../dependence.ts'
import { CLOCK_WORDS, Clocks } from './clocks.ts'
import {
  ABORT,
  DEADLOCK,
  DIVERGED,
  LIVELOCK,
  LOST_WAKEUP,
  REDUNDANT,
  STEP_LIMIT,
} from '../../define/outcome.ts'
import {
  T_OP,
  T_ADDR,
  T_X,
  T_Y,
  T_OLD,
  T_CLASS,
  T_ENABLED,
  T_SLEEP,
  ROW,
  CPU_MASK,
  TIMED_SHIFT,
  CHOICE,
  QUIESCENT,
} from './rows.ts'
import { spinReady } from './spin.ts'
import { MAX_CPUS, SavedWords, WordTable, type WordsMoment } from './words.ts'

export const RUNNING = 0
export const SLEEPING = 1
export const SLEEPING_TIMED = 2
export const FINISHED = 3

export * from './rows.ts'

/** `mode`: accesses are events of the running CPU. A positive mode counts the log words still to be replayed. */
export const LIVE = 0
/** Accesses go straight to memory: set-up, checks, detectors. */
export const DIRECT = -1
/** The engine has thrown; every access throws again. */
export const UNWINDING = -2

/**
 * Quiescent time-outs in a row without any word changing, after which they fire in turn: whoever polls with a time-out must not keep
 * all others from theirs for ever. As many more of each CPU, and nothing has changed, count as a livelock.
 */
const IDLE_TIMEOUTS = 64

/**
 * Chooses who runs. `choose` returns a CPU, REDUNDANT_CHOICE or BAD_CHOICE; `pick` one of n alternatives of the running CPU or
 * BAD_CHOICE.
 */
export interface Policy {
  /** Steps that this execution has in common with the one before it under this policy; absent if that is not known. */
  readonly shared?: number
  begin(run: Execution): void
  choose(run: Execution, enabled: number, timed: number): number
  pick(run: Execution, n: number): number
  executed(run: Execution, cpu: number, addr: number, cls: number): void
}
export const REDUNDANT_CHOICE = -1
export const BAD_CHOICE = -2

/** How far a look at the clock moves it, if the rules do not say: a loop that waits for time to pass ends. */
const CLOCK_TICK_NS = 1000

/** Limits and rules of an execution. */
export interface Rules {
  readonly maxSteps: number
  /** Time-outs each CPU may let fire although others could run. */
  readonly earlyTimeouts: number
  /** Sleeps of each CPU that may end without anybody having woken it. They do when nothing else can run, so explore without them too. */
  readonly spuriousWakeups?: number
  /** How far a look at the clock of one's CPU moves it. */
  readonly tickNs?: number
  /** Look for data races. */
  readonly races: boolean
  /** Let freed objects be touched. */
  readonly touchFreed?: boolean
  /** Nothing but events looks at memory while the CPUs run, and races are looked for: see searches/meetings.ts. */
  readonly eventsOnly?: boolean
  /** First address that may be touched; the words below are the NULL page. */
  readonly lowest: number
}

/** Hears every event and plain access of the execution, for ladders. */
export interface Listener {
  event(run: Execution): void
  plain(run: Execution, addr: number, value: number, write: boolean): void
  note(run: Execution, kind: number, addr: number, value: number): void
  /** The execution has failed; the code that did it is still on the stack. */
  failed(run: Execution): void
}

const COLUMNS = 17
/** Where the times and the clocks of the CPUs are among the words of all that there is of them. */
const TIMES = MAX_CPUS * COLUMNS
const CLOCKS = TIMES + MAX_CPUS * 4
const ALL_WORDS = CLOCKS + CLOCK_WORDS

function column(ints: Int32Array, i: number): Int32Array {
  return ints.subarray(i * MAX_CPUS, (i + 1) * MAX_CPUS)
}

/** An execution as it was between two steps; what a loop that relaxes has read is not in it. */
export class Saved {
  readonly cpus = new Int32Array(ALL_WORDS)
  readonly words: WordsMoment
  step = 0
  last = 0
  changes = 0
  arrivals = 0
  idle = 0
  idleChanges = 0
  firings = 0

  constructor(words: WordsMoment = new SavedWords()) {
    this.words = words
  }
}

/** State of one execution; reused for the next by `restart`. */
export class Execution {
  readonly cpus: number
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
  #enabledAt = 0
  #sleepAt = 0
  #idle = 0
  #idleChanges = 0
  /** Hears that what a CPU reads by data_race is not ordered with what another writes plainly. */
  onRacy: ((addr: number, cpu: number) => void) | undefined
  /** Words before which a coarse search preempts nobody. */
  calm: ((addr: number) => boolean) | undefined
  /** Some time-out has waited for its turn, in this or an earlier execution: then not every interleaving is seen. */
  rationed = false
  #firings = 0
  /** Says that it is right that nobody can go on any more. */
  acceptStuck: (() => boolean) | undefined
  #timed = 0

  /** All there is of the CPUs, together, so that it can be saved. */
  readonly #all = new Int32Array(ALL_WORDS)
  readonly #times = new Float64Array(this.#all.buffer, 4 * TIMES, MAX_CPUS * 2)
  readonly status = column(this.#all, 0)
  readonly op = column(this.#all, 1)
  readonly addr = column(this.#all, 2)
  readonly x = column(this.#all, 3)
  readonly y = column(this.#all, 4)
  /** What the wait queue that a sleeper is in is called: usually its word. */
  readonly queue = column(this.#all, 5)
  /** Order of arrival in wait queues. */
  readonly arrival = column(this.#all, 6)
  arrivals = 0
  readonly wokenAt = column(this.#all, 7)
  readonly early = column(this.#all, 8)
  readonly spurious = column(this.#all, 9)
  /** Not 0: the CPU may touch freed objects. */
  readonly unwatched = column(this.#all, 10)
  /** Virtual time of each CPU and, while it sleeps, of its deadline; nanoseconds. */
  readonly clock = this.#times.subarray(0, MAX_CPUS)
  readonly deadline = this.#times.subarray(MAX_CPUS)
  // Spin state: see spin.ts.
  readonly spinIteration = column(this.#all, 11)
  readonly spinWrote = column(this.#all, 12)
  readonly spinCount = column(this.#all, 13)
  readonly spinIdle = column(this.#all, 14)
  /** Events of each CPU that have changed a word. */
  readonly changesOf = column(this.#all, 15)
  /** When the last quiescent time-out of each CPU fired, counted in such time-outs. */
  readonly #fired = column(this.#all, 16)
  readonly spinSlots = Array.from({ length: MAX_CPUS }, () => new Int32Array(1024))

  outcome = 0
  failedCpu = -1
  message = ''
  /** Word the failure is about, 0 if none. */
  failedAddr = 0

  constructor(memory: Int32Array, cpus: number, rules: Rules) {
    if (!(cpus >= 1 && cpus <= MAX_CPUS))
      throw new RangeError(`a model has 1 to ${MAX_CPUS} CPUs, not ${cpus}`)
    this.cpus = cpus
    this.rules = rules
    this.tickNs = rules.tickNs ?? CLOCK_TICK_NS
    this.memory = memory
    this.words = new WordTable(memory)
    this.clocks = new Clocks(this.words, cpus, this.#all.subarray(CLOCKS))
    this.rows = new Int32Array((rules.maxSteps + 1) * ROW)
  }

  /** Puts everything back to the start. */
  protected restart(policy: Policy): void {
    this.words.restart()
    this.clocks.restart()
    this.policy = policy
    this.step = this.last = this.sleep = this.changes = this.arrivals = 0
    this.#idle = this.#idleChanges = this.#firings = this.outcome = this.failedAddr = 0
    this.failedCpu = -1
    this.message = ''
    this.unwatched.fill(this.rules.touchFreed === true ? 1 : 0)
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.status[cpu] = RUNNING
      this.clock[cpu] = this.early[cpu] = this.spurious[cpu] = this.#fired[cpu] = 0
      this.changesOf[cpu] = 0
      this.spinIteration[cpu] = 1
      this.spinWrote[cpu] = this.spinCount[cpu] = this.spinIdle[cpu] = 0
    }
    policy.begin(this)
  }

  /** Saves the state between two steps. */
  protected save(into: Saved): void {
    into.cpus.set(this.#all)
    into.step = this.step
    into.last = this.last
    into.changes = this.changes
    into.arrivals = this.arrivals
    into.idle = this.#idle
    into.idleChanges = this.#idleChanges
    into.firings = this.#firings
    into.words.take(this.words)
  }

  /** Goes back to a state of the same execution, or of one that has begun alike. */
  protected resume(policy: Policy, from: Saved): void {
    this.#all.set(from.cpus)
    this.step = from.step
    this.last = from.last
    this.changes = from.changes
    this.arrivals = from.arrivals
    this.#idle = from.idle
    this.#idleChanges = from.idleChanges
    this.#firings = from.firings
    from.words.back(this.words)
    this.outcome = this.failedAddr = this.sleep = 0
    this.failedCpu = -1
    this.message = ''
    this.policy = policy
    policy.begin(this)
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

  /** The sleeper may still be woken without a reason. */
  mayWakeSpuriously(cpu: number): boolean {
    return this.spurious[cpu]! < (this.rules.spuriousWakeups ?? 0)
  }

  /** CPUs that can run. Those that could only let a time-out fire are in `#timed` too. */
  #enabled(): number {
    let now = 0
    let early = 0
    let late = 0
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const status = this.status[cpu]!
      if (status === RUNNING) {
        if (this.op[cpu] !== RELAX || spinReady(this, cpu)) now |= 1 << cpu
      } else if (status === SLEEPING_TIMED) {
        if (this.early[cpu]! < this.rules.earlyTimeouts) early |= 1 << cpu
        else {
          late |= 1 << cpu
          if (this.mayWakeSpuriously(cpu)) early |= 1 << cpu
        }
      } else if (status === SLEEPING && this.mayWakeSpuriously(cpu)) early |= 1 << cpu
    }
    this.#timed = early
    if ((now | early) !== 0 || late === 0) return now | early
    const idle = this.#idle >= IDLE_TIMEOUTS && this.changes === this.#idleChanges
    const may = idle ? this.#inTurn(late) : late
    if (may !== late) this.rationed = true
    this.#timed = may | QUIESCENT
    return may
  }

  /** Of these sleepers the one whose time-out has not fired for longest. */
  #inTurn(sleepers: number): number {
    let best = -1
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      if (((sleepers >> cpu) & 1) === 0) continue
      if (best < 0 || this.#fired[cpu]! < this.#fired[best]!) best = cpu
    }
    return 1 << best
  }

  /** More than one CPU can go on. */
  protected branching(): void {}

  /** Chooses the CPU that performs the next event; -1 when all have finished. */
  decide(): number {
    const enabled = this.#enabled()
    const timed = this.#timed & CPU_MASK
    if (enabled === 0) return this.#stuck()
    if ((enabled & (enabled - 1)) !== 0) this.branching()
    if (this.step >= this.rules.maxSteps) this.fail(STEP_LIMIT, this.last)
    const quiescent = this.#timed & QUIESCENT
    if (quiescent !== 0) this.#idleRound()
    const choice = this.policy.choose(this, enabled, timed)
    if (choice === REDUNDANT_CHOICE) this.fail(REDUNDANT, -1)
    if (choice === BAD_CHOICE) this.fail(DIVERGED, -1)
    if (quiescent !== 0) this.#fired[choice] = ++this.#firings
    this.#enabledAt = enabled | (timed << TIMED_SHIFT) | quiescent
    this.#sleepAt = this.sleep
    return choice
  }

  /** Timed sleepers that wake, find nothing new and sleep again make no progress. */
  #idleRound(): void {
    if (this.changes !== this.#idleChanges) {
      this.#idleChanges = this.changes
      this.#idle = 0
    } else if (++this.#idle > IDLE_TIMEOUTS * (1 + this.cpus)) {
      this.fail(LIVELOCK, this.last)
    }
  }

  /** Nobody can run: a CPU that is to run all the same, or -1. For trials. */
  protected rouse(): number {
    return -1
  }

  #stuck(): number {
    if (this.acceptStuck?.() === true) this.fail(REDUNDANT, -1)
    const roused = this.rouse()
    if (roused >= 0) return roused
    let unfinished = -1
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const status = this.status[cpu]
      if (status === FINISHED) continue
      unfinished = cpu
      // It sleeps because the word had a value that it no longer has, and nobody is left to say so.
      if (status === SLEEPING && this.changedSince(cpu)) this.fail(LOST_WAKEUP, cpu, '', this.sleepAddr(cpu))
    }
    if (unfinished >= 0) this.fail(DEADLOCK, unfinished, '', this.addr[unfinished])
    return -1
  }

  /** The word that a sleeper sleeps on. */
  protected sleepAddr(cpu: number): number {
    return this.addr[cpu]!
  }

  /** The word that a sleeper sleeps on has another value than when it went to sleep. */
  protected changedSince(cpu: number): boolean {
    return this.memory[this.addr[cpu]!] !== this.x[cpu]
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
    return (this.#enabledAt & QUIESCENT) !== 0
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
    this.#enabledAt = ((1 << n) - 1) | CHOICE
    this.#sleepAt = this.sleep
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
    rows[row + T_ENABLED] = this.#enabledAt
    rows[row + T_SLEEP] = this.#sleepAt
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
