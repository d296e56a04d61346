/**
 * Bodies that await take turns. Each body is an agent with an event loop of its own, and all of them run in this thread: between two of
 * them lies a turn of the real event loop, so that the promise jobs of one are over before another goes on. Promise jobs themselves are
 * the real ones, in their real order.
 *
 * Switch   a body that must stop inside of a job is abandoned: what it would do is thrown out of it, and later it is run again from
 *          its log. One that waits for a task is left as it is, and goes on with the task.
 */
import { ABORT, ASSERTION, isControl, PASSED, UNWIND } from '../../../define/outcome.ts'
import { CHOOSE } from '../../dependence.ts'
import { DIRECT, LIVE, UNWINDING } from '../../engine/mode.ts'
import type { Policy } from '../../engine/policy.ts'
import type { Rules } from '../../engine/rules.ts'
import { TASK } from '../../engine/log.ts'
import type { Program } from '../../engine/program.ts'
import { Agent, type Task } from '../agent.ts'
import { beat } from '../async_watchdog.ts'
import { hostProcess } from '../builtin.ts'
import { UserEngine } from '../engine.ts'
import { REGRAIN, type Grain } from '../grain.ts'
import { RefusedError } from '../refused.ts'

const nativeImmediate = Reflect.get(globalThis, 'setImmediate') as ((run: () => void) => unknown) | undefined
const nativeTimeout = setTimeout
const process = hostProcess()
const nextTick = process?.nextTick?.bind(process) as ((run: () => void) => void) | undefined

const NOBODY = -2

/** See the head of this file. */
export abstract class TurnsEngine extends UserEngine {
  agents: Agent[] = []
  readonly #program: Program
  protected turn = NOBODY
  /** The running body was chosen: its next step is the decision already taken. */
  protected granted = false
  /** Mode of the bodies, while something else runs. */
  #mode: number = LIVE

  constructor(initial: Int32Array, program: Program, rules: Rules, grain: Grain) {
    super(initial, program, rules, grain)
    this.#program = program
  }

  override execute(): number {
    throw new Error('executions of async bodies take turns of the event loop')
  }

  /** Runs the program once. */
  async executeAsync(policy: Policy): Promise<number> {
    this.error = undefined
    this.restart(policy)
    this.agents = Array.from({ length: this.cpus }, () => new Agent())
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.me = cpu
      this.logs.length[cpu] = 0
      this.publish(CHOOSE, 0, 0, 0)
    }
    this.mode = LIVE
    this.#guard(() => {
      this.turn = this.decide()
    })
    while (this.outcome === PASSED && this.turn >= 0) {
      // eslint-disable-next-line no-await-in-loop -- the agents take turns
      await this.#advance(this.turn)
    }
    if (this.outcome === PASSED) this.#guard(() => this.#end())
    this.mode = DIRECT
    this.me = 0
    this.onEnter(-1)
    for (const agent of this.agents) agent.alive = false
    if (this.refusal !== undefined) throw this.refusal
    // eslint-disable-next-line typescript/only-throw-error -- it is caught where the program is staged
    if (this.grain.learned) throw REGRAIN
    return this.outcome
  }

  #end(): void {
    for (const [cpu, { messages }] of this.agents.entries()) {
      for (const [sender, queue] of messages) {
        if (queue.length > 0)
          this.fail(
            ASSERTION,
            cpu,
            `a message of cpu-${sender} to cpu-${cpu} is never received: nobody listens`,
          )
      }
    }
    this.mode = DIRECT
    this.conclude()
  }

  override record(op: number, addr: number, x: number, y: number, old: number, cls: number): void {
    beat(this.me)
    super.record(op, addr, x, y, old, cls)
  }

  /** A long log is a sign of life at each of its steps, too. */
  protected override replayed(op: number, addr: number): number {
    beat(this.me)
    return super.replayed(op, addr)
  }

  /** Runs what may end the execution. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (error !== ABORT && error !== UNWIND) throw error
    }
  }

  /** Lets an agent go on until somebody else is chosen. */
  async #advance(me: number): Promise<void> {
    const agent = this.agents[me] as Agent
    this.enter(me)
    this.turn = NOBODY
    this.granted = true
    this.mode = LIVE
    if (!agent.alive) await this.#rerun(me, agent)
    while (this.outcome === PASSED && this.turn === NOBODY && agent.alive) {
      this.#guard(() => {
        if (this.granted) this.takes(me, agent)
        else this.rests(me, agent)
      })
      // eslint-disable-next-line no-await-in-loop -- the promise jobs of the task
      if (!agent.idle) await this.#hop()
    }
  }

  /** Runs a body from its start, through its log, up to where it was. */
  async #rerun(me: number, agent: Agent): Promise<void> {
    agent.reborn()
    this.mode = this.logs.length[me]!
    if (this.mode === LIVE) {
      this.granted = false
      this.caption = ''
      this.record(CHOOSE, 0, 0, 0, 0, 0)
      this.keep(CHOOSE, 0, 0)
    } else this.#guard(() => this.replayed(CHOOSE, 0))
    this.deliver(() => {
      const result = this.#program.bodies[me]?.() as unknown as PromiseLike<unknown> | undefined
      Promise.resolve(result).then(
        () => (agent.settled = true),
        (error: unknown) => {
          this.threw(error)
        },
      )
    })
    await this.#hop()
    while (this.mode > LIVE && agent.alive && this.outcome === PASSED) {
      this.#guard(() => {
        const task = agent.begun[this.replayed(TASK, this.inboxOf(me))] as Task
        this.deliver(() => {
          agent.callbacks.get(`${task.kind} ${task.id}`)?.(task.value)
        })
      })
      // eslint-disable-next-line no-await-in-loop -- the promise jobs of the task
      await this.#hop()
    }
  }

  /**
   * A turn of the real event loop: promise jobs are over, unhandled rejections have been told. Once the jobs are over, what else runs
   * in this turn is none of the bodies' code.
   */
  async #hop(): Promise<void> {
    await new Promise<void>((resolve) => {
      nextTick?.(() => this.#leave())
      if (nativeImmediate === undefined) nativeTimeout(resolve, 0)
      else nativeImmediate(resolve)
    })
    this.#return()
  }

  /** What runs from here on is none of the bodies' code. */
  #leave(): void {
    if (this.foreignTurn) return
    this.#mode = this.mode
    this.mode = DIRECT
    this.foreignTurn = true
    beat(-1)
  }

  /** The bodies' code runs again. */
  #return(): void {
    if (this.foreignTurn) this.mode = this.#mode
    this.foreignTurn = false
    beat(this.me)
  }

  /**
   * Nobody handles a rejection of the jobs that are over, or Node throws again what a listener has thrown. The latter comes from a
   * tick before ours, which Node then puts off: others may run until it does.
   */
  rejected(reason: unknown): void {
    this.#return()
    this.threw(reason)
    this.#leave()
  }

  protected deliver(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.threw(error)
    }
  }

  /** Something that nobody catches was thrown in the running body. */
  threw(error: unknown): void {
    if (isControl(error) || this.mode === UNWINDING || this.mode === DIRECT || this.outcome !== PASSED) return
    if (error instanceof RefusedError) this.refusal ??= error
    this.error = error
    this.#guard(() => this.fail(ASSERTION, this.me, error instanceof Error ? error.message : String(error)))
  }

  /** The agent begins its next task. */
  protected abstract takes(me: number, agent: Agent): void

  /** The agent has nothing to run: it waits for a task, or has ended. */
  protected abstract rests(me: number, agent: Agent): void

  /** Gives way, or goes on. */
  protected override switchAway(): void {
    if (this.granted) {
      this.granted = false
      return
    }
    const { me } = this
    const next = this.decide()
    if (next === me) return
    this.turn = next
    this.mode = UNWINDING
    const agent = this.agents[me] as Agent
    agent.alive = false
    // eslint-disable-next-line typescript/only-throw-error -- what the engine throws has no stack
    throw UNWIND
  }

  protected override point(op: number, addr: number, x: number, y: number): void {
    if (this.granted) {
      const { me } = this
      if (this.op[me] !== op || this.addr[me] !== addr || this.x[me] !== x || this.y[me] !== y)
        this.unlike('went on')
      this.granted = false
      return
    }
    this.publish(op, addr, x, y)
    this.switchAway()
  }
}
