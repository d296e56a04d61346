/**
 * What a torture task can do besides torturing: take its turn, park, nap, spin, count. Runs on a worker.
 *
 * Rules    turn() is called with nothing held. Everything random comes from `rng`, which is the seed's and the task's.
 *          A parked or idle task publishes the control block as what it sleeps on, a napping one its own block: main must
 *          be able to tell a task that cannot wake anybody from one that will.
 * Source   kernel/torture.c (stutter_wait, torture_must_stop, torture_hrtimeout)
 */
import { cpu_relax, current_task, futex_wait, ktime_get_ns, read, READ_ONCE, write } from '#access'
import { NSEC_PER_USEC } from '../base/constants.ts'
import { Rng } from '../base/rng.ts'
import { BLOCKED_BARRIER, BLOCKED_SLEEP, clear_blocked, set_blocked, task_struct } from '../mem/task.ts'
import { HALT, RUN, STOP, torture_task } from './control.ts'
import type { Params } from './params.ts'

const HEARTBEAT = task_struct.offset.heartbeat
const COUNTERS = torture_task.offset.counters

/** One task, on its own worker. */
export class TortureTask {
  /** Number among the tasks of its kind. */
  readonly nr: number
  /** Tasks of its kind. */
  readonly of: number
  readonly params: Params
  /** Address of the state that its type made. */
  readonly state: number
  readonly rng: Rng
  readonly #control: number
  readonly #slot: number
  readonly #task: number

  constructor(
    nr: number,
    of: number,
    cpu: number,
    params: Params,
    state: number,
    control: number,
    slot: number,
  ) {
    this.nr = nr
    this.of = of
    this.params = params
    this.state = state
    this.rng = new Rng(params.seed, cpu)
    this.#control = control
    this.#slot = slot
    this.#task = current_task()
  }

  /**
   * Parks while the test halts. Returns false when the test is over. One atomic load otherwise.
   * @param leave called before parking or ending: gives up what the others may need
   */
  turn(leave?: () => void): boolean {
    write(this.#task + HEARTBEAT, (read(this.#task + HEARTBEAT) + 1) | 0)
    const phase = READ_ONCE(this.#control)
    return phase === RUN || this.#park(phase, leave)
  }

  #park(seen: number, leave?: () => void): boolean {
    leave?.()
    set_blocked(this.#control, BLOCKED_BARRIER)
    let phase = seen
    while (phase === HALT) {
      futex_wait(this.#control, HALT)
      phase = READ_ONCE(this.#control)
    }
    clear_blocked()
    return phase !== STOP
  }

  /**
   * Sleeps with nothing in hand; ends early when the test halts or stops.
   * @param leave as for turn: gives up what the others may need
   */
  idle(ns: number, leave?: () => void): void {
    leave?.()
    set_blocked(this.#control, BLOCKED_SLEEP)
    futex_wait(this.#control, RUN, ns)
    clear_blocked()
  }

  /** Sleeps while holding what others want. */
  nap(ns: number): void {
    set_blocked(this.#slot, BLOCKED_SLEEP)
    futex_wait(this.#slot, 0, ns)
    clear_blocked()
  }

  /** Spends time on the CPU. */
  udelay(us: number): void {
    const end = ktime_get_ns() + us * NSEC_PER_USEC
    while (ktime_get_ns() < end) cpu_relax()
  }

  /** True once in `n` calls on average. */
  one_in(n: number): boolean {
    return this.rng.below(n) === 0
  }

  /** Counts. `counter` is an index into the counters of the type. */
  count(counter: number): void {
    const at = this.#slot + COUNTERS + counter
    write(at, (read(at) + 1) | 0)
  }
}
