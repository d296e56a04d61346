/**
 * What the CPUs do beside events, and its place in their logs, from which bodies are run again: plain accesses, and what tracepoints
 * tell the oracles.
 *
 * Invariant  while a body is re-executed (`mode` > 0) it has no effect: accesses return what the log says.
 */
import { ABORT, NONDETERMINISM, PASSED, STEP_LIMIT, UNWIND } from '../../define/outcome.ts'
import { Deciding } from './deciding.ts'
import { direct } from './direct.ts'
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
import { DIRECT, LIVE, UNWINDING } from './mode.ts'
import { Objects } from './objects.ts'
import { plainLoad, plainStore } from './perform.ts'
import type { Detector } from './program.ts'

/** See the head of this file. */
export abstract class Logged extends Deciding {
  readonly logs = new Logs(this.logged)
  readonly objects = new Objects()
  detector: Detector | undefined

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
}
