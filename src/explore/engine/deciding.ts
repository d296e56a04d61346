/**
 * The schedule point: who can go on, who does, and what it means if nobody can.
 */
import { RELAX } from '../dependence.ts'
import { DEADLOCK, DIVERGED, LIVELOCK, LOST_WAKEUP, REDUNDANT, STEP_LIMIT } from '../../define/outcome.ts'
import { FINISHED, RUNNING, SLEEPING, SLEEPING_TIMED } from './cpus.ts'
import { Execution } from './execution.ts'
import { BAD_CHOICE, REDUNDANT_CHOICE } from './policy.ts'
import { CPU_MASK, QUIESCENT, TIMED_SHIFT } from './rows.ts'
import { spinReady } from './spin.ts'

/**
 * Quiescent time-outs in a row without any word changing, after which they fire in turn: whoever polls with a time-out must not keep
 * all others from theirs for ever. As many more of each CPU, and nothing has changed, count as a livelock.
 */
const IDLE_TIMEOUTS = 64

/** See the head of this file. */
export class Deciding extends Execution {
  #timed = 0
  /** Some time-out has waited for its turn, in this or an earlier execution: then not every interleaving is seen. */
  rationed = false
  /** Says that it is right that nobody can go on any more. */
  acceptStuck: (() => boolean) | undefined

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
    const idle = this.idle >= IDLE_TIMEOUTS && this.changes === this.idleChanges
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
      if (best < 0 || this.fired[cpu]! < this.fired[best]!) best = cpu
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
    if (quiescent !== 0) this.fired[choice] = ++this.firings
    this.enabledAt = enabled | (timed << TIMED_SHIFT) | quiescent
    this.sleepAt = this.sleep
    this.decidedAt = this.step
    return choice
  }

  /** Timed sleepers that wake, find nothing new and sleep again make no progress. */
  #idleRound(): void {
    if (this.changes !== this.idleChanges) {
      this.idleChanges = this.changes
      this.idle = 0
    } else if (++this.idle > IDLE_TIMEOUTS * (1 + this.cpus)) {
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
}
