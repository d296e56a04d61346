/**
 * One execution of a model: how it begins, what it does, how it ends. deciding.ts chooses whose turn it is, engines extend that with a
 * way to let a CPU run.
 *
 * Invariant        at every decision each unfinished CPU has published its next operation; what the chosen one then does
 *                  is exactly that. Anything else is uncontrolled nondeterminism.
 */
import { CHANGED, CHOOSE } from '../dependence.ts'
import { ABORT, DIVERGED, STEP_LIMIT } from '../../define/outcome.ts'
import { UNWINDING } from './mode.ts'
import type { Moment } from './moment.ts'
import type { Listener, Policy } from './policy.ts'
import { CHOICE, ROW, T_ADDR, T_CLASS, T_ENABLED, T_OLD, T_OP, T_SLEEP, T_X, T_Y } from './rows.ts'
import { State } from './state.ts'

/** See the head of this file; reused for the next one by `restart`. */
export class Execution extends State {
  policy!: Policy
  listener: Listener | null = null
  /** Checks the state after an event. */
  protected check: (() => void) | null = null

  /** Something looks at the state after each event, so events on different words do not commute for it. */
  get isChecked(): boolean {
    return this.check !== null
  }

  /** Puts everything back to the start. */
  protected restart(policy: Policy): void {
    this.words.restart()
    this.clocks.restart()
    this.restartCpus(this.rules.touchFreed === true)
    this.step = this.last = this.changes = this.arrivals = 0
    this.idle = this.idleChanges = this.firings = 0
    this.#goOn(policy)
  }

  /** Goes back to a state of the same execution, or of one that has begun alike. */
  protected resume(policy: Policy, from: Moment): void {
    this.load(from)
    this.#goOn(policy)
  }

  #goOn(policy: Policy): void {
    this.outcome = this.failedAddr = this.sleep = this.attempted = 0
    this.failedCpu = this.decidedAt = -1
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
      if (this.decidedAt === this.step) this.#attempt()
      if (this.listener !== null) this.listener.failed(this)
      this.mode = UNWINDING
    }
    throw ABORT
  }

  /** Leaves the row of a decision of which no event has come. */
  #attempt(): void {
    const row = this.step * ROW
    this.rows.fill(0, row, row + ROW)
    this.rows[row] = this.me
    this.rows[row + T_ENABLED] = this.enabledAt
    this.rows[row + T_SLEEP] = this.sleepAt
    this.attempted = 1
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
