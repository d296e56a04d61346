/**
 * The default engine: every access of the code under test is an event, a log entry or a plain access of the CPU whose
 * body is on top of the stack (stacked.ts). Each method has the contract of the function of its name in access.fast.ts.
 *
 * Rules   a body builds its JavaScript-side objects itself each time it runs, has no effects outside shared memory, and
 *         does not swallow what the engine throws (isControl in outcome.ts).
 * Cost    a step that switches to nobody some 50 ns; a switch back to a CPU further down the stack one exception and
 *         one replay of the log.
 */
import type { Controller } from '../../mem/access.checked.ts'
import { task_of } from '../../mem/task.ts'
import {
  ADD,
  AND,
  CAS,
  CHOOSE,
  LOAD,
  OR,
  RELAX,
  RESUME,
  STORE,
  SUB,
  WAIT,
  WAKE,
  XCHG,
  XOR,
} from '../dependence.ts'
import { LIVE } from './mode.ts'
import { ALL, ENTERED, enterWait, leaveWait, wake } from './futex.ts'
import { CLOCK, PLAIN_LOAD, PLAIN_STORE } from './log.ts'
import { Resuming } from './resuming.ts'
import { exchange, load, modify, plainLoad, plainStore, racyLoad, relax, store } from './perform.ts'

/** The engine behind `#access`: install it as the controller of this thread. */
export class Reexec extends Resuming implements Controller {
  smp_processor_id(): number {
    return this.me
  }

  current_task(): number {
    return task_of(this.me)
  }

  read(addr: number): number {
    if (this.mode !== LIVE) return this.offline(PLAIN_LOAD, addr, 0, 0)
    const value = plainLoad(this, this.me, addr)
    if (this.listener !== null) this.listener.plain(this, addr, value, false)
    return this.keep(PLAIN_LOAD, addr, value)
  }

  write(addr: number, value: number): void {
    if (this.mode !== LIVE) {
      this.offline(PLAIN_STORE, addr, value, 0)
      return
    }
    plainStore(this, this.me, addr, value)
    if (this.listener !== null) this.listener.plain(this, addr, value, true)
    this.keep(PLAIN_STORE, addr, value)
  }

  /** A marked load that races with plain stores on purpose: a schedule point that no clock hears of. */
  data_race(addr: number): number {
    if (this.mode !== LIVE) return this.offline(LOAD, addr, 0, 0)
    this.point(LOAD, addr, 0, 0)
    return this.keep(LOAD, addr, racyLoad(this, this.me, addr))
  }

  READ_ONCE(addr: number): number {
    if (this.mode !== LIVE) return this.offline(LOAD, addr, 0, 0)
    this.point(LOAD, addr, 0, 0)
    return this.keep(LOAD, addr, load(this, this.me, addr))
  }

  WRITE_ONCE(addr: number, value: number): void {
    if (this.mode !== LIVE) {
      this.offline(STORE, addr, value, 0)
      return
    }
    const word = value | 0
    this.point(STORE, addr, word, 0)
    store(this, this.me, addr, word)
    this.keep(STORE, addr, 0)
  }

  #modify(op: number, addr: number, operand: number): number {
    if (this.mode !== LIVE) return this.offline(op, addr, operand, 0)
    const word = operand | 0
    this.point(op, addr, word, 0)
    return this.keep(op, addr, modify(this, this.me, op, addr, word))
  }

  xchg(addr: number, value: number): number {
    return this.#modify(XCHG, addr, value)
  }
  fetch_add(addr: number, value: number): number {
    return this.#modify(ADD, addr, value)
  }
  fetch_sub(addr: number, value: number): number {
    return this.#modify(SUB, addr, value)
  }
  fetch_or(addr: number, bits: number): number {
    return this.#modify(OR, addr, bits)
  }
  fetch_and(addr: number, bits: number): number {
    return this.#modify(AND, addr, bits)
  }
  fetch_xor(addr: number, bits: number): number {
    return this.#modify(XOR, addr, bits)
  }

  cmpxchg(addr: number, expected: number, value: number): number {
    if (this.mode !== LIVE) return this.offline(CAS, addr, expected, value)
    const [old, word] = [expected | 0, value | 0]
    this.point(CAS, addr, old, word)
    return this.keep(CAS, addr, exchange(this, this.me, addr, old, word))
  }

  futex_wait(addr: number, seen: number, timeoutNs: number): number {
    let result: number
    if (this.mode !== LIVE) result = this.offline(WAIT, addr, seen, 0)
    else {
      this.point(WAIT, addr, seen | 0, 0)
      result = this.keep(WAIT, addr, enterWait(this, this.me, addr, seen | 0, timeoutNs))
    }
    if (result !== ENTERED) return result
    if (this.mode !== LIVE) return this.offline(RESUME, addr, 0, 0)
    this.switchAway()
    return this.keep(RESUME, addr, leaveWait(this, this.me))
  }

  futex_wake(addr: number, n: number): number {
    if (this.mode !== LIVE) return this.offline(WAKE, addr, n, 0)
    const count = Math.min(n, ALL)
    this.point(WAKE, addr, count, 0)
    return this.keep(WAKE, addr, wake(this, this.me, addr, count))
  }

  cpu_relax(): void {
    if (this.mode !== LIVE) {
      this.offline(RELAX, 0, 0, 0)
      return
    }
    this.point(RELAX, 0, 0, 0)
    this.relaxing()
    relax(this, this.me)
    this.keep(RELAX, 0, 0)
  }

  /** One of 0 to n − 1, all of which are explored. */
  choose(n: number): number {
    if (this.mode !== LIVE) return this.offline(CHOOSE, 0, n, 0)
    this.point(CHOOSE, 0, n, 0)
    return this.performChoose(n)
  }

  protected performChoose(n: number): number {
    this.record(CHOOSE, 0, 0, n, 0, 0)
    return this.keep(CHOOSE, 0, this.pick(n))
  }

  /** Virtual time of this CPU. Two log entries: high and low word. */
  ktime_get_ns(): number {
    if (this.mode !== LIVE) {
      const high = this.offline(CLOCK, 0, 0, 0)
      return high * 0x1_0000_0000 + (this.offline(CLOCK, 0, 0, 0) >>> 0)
    }
    const now = (this.clock[this.me]! += this.tickNs)
    this.spinWrote[this.me] = 1
    this.keep(CLOCK, 0, Math.floor(now / 0x1_0000_0000))
    this.keep(CLOCK, 0, now | 0)
    return now
  }
}
