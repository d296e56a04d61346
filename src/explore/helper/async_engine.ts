/**
 * The engine of bodies that await. Each body is an agent with an event loop of its own, and all of them run in this thread: between
 * two of them lies a turn of the real event loop, so that the promise jobs of one are over before another goes on. Promise jobs
 * themselves are the real ones, in their real order.
 *
 * Switch   a body that must stop inside of a job is abandoned: what it would do is thrown out of it, and later it is run again from
 *          its log. One that waits for a task is left as it is, and goes on with the task.
 * Tasks    an agent takes a task as one step, of its inbox; whoever sends one writes there, as a step of its own. Which of several
 *          sources comes first is a choice.
 */
import { ASSERTION, PASSED, isControl, ABORT, UNWIND } from '../../define/outcome.ts'
import {
  BARRIER,
  CHANGED,
  CHOOSE,
  QUEUES,
  READS,
  RESUME,
  STORE,
  WAIT,
  WAKE,
  WAKES,
  WRITES,
  XCHG,
} from '../dependence.ts'
import {
  DIRECT,
  FINISHED,
  LIVE,
  RUNNING,
  SLEEPING,
  SLEEPING_TIMED,
  UNWINDING,
  type Policy,
  type Rules,
} from '../engine/execution.ts'
import { ALL } from '../engine/futex.ts'
import { TASK } from '../engine/log.ts'
import type { Program } from '../engine/nested.ts'
import { noteRead } from '../engine/spin.ts'
import { Agent, type Task, type Timer } from './agent.ts'
import { FIRST_WORD, low, UserEngine } from './engine.ts'
import { REGRAIN, type Grain } from './grain.ts'
import type { Kind, Value } from './kinds.ts'
import { RefusedError } from './refused.ts'

const NS_PER_MS = 1e6
const nativeImmediate = Reflect.get(globalThis, 'setImmediate') as ((run: () => void) => unknown) | undefined
const nativeTimeout = setTimeout
const process = Reflect.get(globalThis, 'process') as { nextTick?: (run: () => void) => void } | undefined
const nextTick = process?.nextTick?.bind(process)

const NOBODY = -2

/** See the head of this file. */
export class AsyncEngine extends UserEngine {
  agents: Agent[] = []
  readonly #program: Program
  #turn = NOBODY
  /** The running body was chosen: its next step is the decision already taken. */
  #granted = false
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
      this.#turn = this.decide()
    })
    while (this.outcome === PASSED && this.#turn >= 0) {
      // eslint-disable-next-line no-await-in-loop -- the agents take turns
      await this.#advance(this.#turn)
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
    this.#turn = NOBODY
    this.#granted = true
    this.mode = LIVE
    if (!agent.alive) await this.#rerun(me, agent)
    while (this.outcome === PASSED && this.#turn === NOBODY && agent.alive) {
      this.#guard(() => {
        if (this.#granted) this.#take(me, agent)
        else this.#idle(me, agent)
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
      this.#granted = false
      this.caption = ''
      this.record(CHOOSE, 0, 0, 0, 0, 0)
      this.keep(CHOOSE, 0, 0)
    } else this.#guard(() => this.replayed(CHOOSE, 0))
    this.#deliver(() => {
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
        this.#deliver(() => {
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
  }

  /** The bodies' code runs again. */
  #return(): void {
    if (this.foreignTurn) this.mode = this.#mode
    this.foreignTurn = false
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

  #deliver(run: () => void): void {
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

  /** Gives way, or goes on. */
  protected override switchAway(): void {
    if (this.#granted) {
      this.#granted = false
      return
    }
    const { me } = this
    const next = this.decide()
    if (next === me) return
    this.#turn = next
    this.mode = UNWINDING
    const agent = this.agents[me] as Agent
    agent.alive = false
    // eslint-disable-next-line typescript/only-throw-error -- what the engine throws has no stack
    throw UNWIND
  }

  protected override point(op: number, addr: number, x: number, y: number): void {
    if (this.#granted) {
      const { me } = this
      if (this.op[me] !== op || this.addr[me] !== addr || this.x[me] !== x || this.y[me] !== y)
        this.unlike('went on')
      this.#granted = false
      return
    }
    this.publish(op, addr, x, y)
    this.switchAway()
  }

  /** The agent has nothing to run: it waits for a task, or has ended. */
  #idle(me: number, agent: Agent): void {
    agent.idle = true
    this.queue[me] = -1
    this.publish(XCHG, this.inboxOf(me), 0, 0)
    this.#await(me, agent)
    const next = this.decide()
    if (next === me) this.#granted = true
    else this.#turn = next
  }

  protected override endless(cpu: number, polled: number): string {
    for (let of = 0; of < this.cpus; of++) {
      if (polled === this.inboxOf(of))
        return `cpu-${cpu} takes or sends one task after another, without an end`
    }
    return super.endless(cpu, polled)
  }

  /** The status of an agent that is idle. */
  #await(cpu: number, agent: Agent): void {
    const deadline = agent.deadline()
    this.deadline[cpu] = deadline
    if (agent.ready().length > 0) this.status[cpu] = RUNNING
    else if (deadline < Infinity) this.status[cpu] = SLEEPING_TIMED
    else this.status[cpu] = agent.settled ? FINISHED : SLEEPING
    this.op[cpu] = XCHG
    this.addr[cpu] = this.inboxOf(cpu)
  }

  /** The agent begins its next task. */
  #take(me: number, agent: Agent): void {
    const inbox = this.inboxOf(me)
    this.#granted = false
    agent.idle = false
    let task: Task
    if (this.status[me] === SLEEPING_TIMED) {
      const quiescent = this.quiescent()
      const deadline = this.deadline[me]!
      this.status[me] = RUNNING
      this.clock[me] = Math.max(this.clock[me]!, deadline)
      task = agent.due(deadline)
      this.#describe(task)
      this.record(XCHG, inbox, 0, 0, 0, READS | WRITES | (quiescent ? BARRIER : 0))
    } else {
      const ready = agent.ready()
      this.caption = ''
      if (ready.length === 1) {
        task = (ready[0] as () => Task)()
        this.#describe(task)
        this.record(XCHG, inbox, 0, 0, 0, READS | WRITES)
      } else {
        this.record(XCHG, inbox, 0, 0, 0, READS | WRITES)
        const chosen = this.pick(ready.length)
        task = (ready[chosen] as () => Task)()
      }
    }
    agent.begin(task, this.changesOf[me]!)
    if (agent.rationed) this.rationed = true
    this.clock[me] = Math.max(this.clock[me]!, task.due ?? 0)
    if (task.known !== undefined && this.rules.races) this.clocks.join(me, task.known)
    agent.begun.push(task)
    this.keep(TASK, inbox, agent.begun.length - 1)
    this.#deliver(() => {
      agent.callbacks.get(`${task.kind} ${task.id}`)?.(task.value)
    })
  }

  #describe({ kind, id, value }: Task): void {
    if (this.narrative === undefined) return
    if (kind === 'settle') this.caption = `/* waitAsync settles: ${String(value)} */`
    else if (kind === 'timer') this.caption = `/* timer ${id} runs */`
    else this.caption = `/* message of cpu-${id} */`
  }

  /** Sends a task to an agent: a step of its own. */
  #send(target: number, what: string, put: (known: Int32Array | undefined) => void): void {
    const inbox = this.inboxOf(target)
    if (this.mode !== LIVE) {
      if (this.mode === UNWINDING) this.rethrow()
      if (this.mode !== DIRECT) this.replayed(STORE, inbox)
      return
    }
    this.point(STORE, inbox, 0, 0)
    put(this.rules.races ? this.clocks.snapshot(this.me) : undefined)
    if (this.rules.races) this.clocks.tick(this.me)
    this.caption = what
    this.record(STORE, inbox, 0, 0, 0, WRITES | CHANGED)
    this.keep(STORE, inbox, 0)
    const agent = this.agents[target] as Agent
    if (agent.idle) this.#await(target, agent)
  }

  /** postMessage to another body. */
  sendMessage(target: number, value: unknown): void {
    this.touched = true
    const { me } = this
    this.#send(target, `postMessage to cpu-${target}`, (known) => {
      const { messages } = this.agents[target] as Agent
      const queue = messages.get(me) ?? []
      messages.set(me, queue)
      queue.push({ kind: 'message', id: me, value, known })
    })
  }

  /** The running body listens to messages of another. */
  listen(sender: number, on: (value: unknown) => void): void {
    const agent = this.agents[this.me] as Agent
    if (this.mode === LIVE) agent.listening.add(sender)
    agent.callbacks.set(`message ${sender}`, on)
  }

  /** setTimeout and its kin. */
  setTimer(run: () => void, ms: number, { repeats = false, immediate = false } = {}): number {
    if (this.mode === UNWINDING) this.rethrow()
    const agent = this.agents[this.me] as Agent
    const id = agent.nextTimer()
    const delay = Math.max(1, Number.isNaN(ms) ? 1 : ms) * NS_PER_MS
    const timer: Timer = {
      deadline: this.clock[this.me]! + (immediate ? 0 : delay),
      soon: immediate || delay <= NS_PER_MS,
      repeatNs: repeats ? delay : -1,
      immediate,
    }
    if (this.mode === LIVE) agent.timers.set(id, timer)
    agent.callbacks.set(`timer ${id}`, run)
    return id
  }

  clearTimer(id: number): void {
    const agent = this.agents[this.me]
    if (this.mode === LIVE) agent?.timers.delete(id)
  }

  /** Atomics.waitAsync. */
  waitAsync(kind: Kind, at: number, value: Value, timeoutNs: number, name: string): object {
    const word = FIRST_WORD + (at >> 2)
    if (this.mode === DIRECT && this.isBare()) throw new Error('set-up and checks of a program must not wait')
    if (this.mode === UNWINDING) this.rethrow()
    let result: number
    const agent = this.agents[this.me] as Agent
    // Whether it waits now: the log of a body that runs again may end here too, and somebody may have woken it since.
    const now = this.mode === LIVE
    if (now) {
      this.touched = true
      const cls = this.classOf(kind, at)
      this.point(WAIT, cls, low(value), 1)
      result = this.keep(WAIT, word, this.#enterList(kind, at, value, timeoutNs, cls))
    } else result = this.replayed(WAIT, word)
    if (result === NOT_EQUAL) return { async: false, value: 'not-equal' }
    if (result === TIMED_OUT) return { async: false, value: 'timed-out' }
    const id = agent.nextWaiter()
    const promise = new Promise((resolve) => agent.callbacks.set(`settle ${id}`, resolve))
    if (now) {
      const changed = (): boolean => this.valueAt(kind, at) !== value
      const deadline = this.clock[this.me]! + timeoutNs
      agent.waiters.set(id, { queue: at, word, arrival: ++this.arrivals, deadline, changed, name })
    }
    return { async: true, value: promise }
  }

  #enterList(kind: Kind, at: number, value: Value, timeoutNs: number, cls: number): number {
    const slot = this.words.at(cls)
    this.atomicOrder(kind, at, true, false)
    noteRead(this, this.me, slot)
    const old = this.valueAt(kind, at)
    if (this.narrative !== undefined) {
      this.caption = this.narrative
        .wait(kind, at, value, old)
        .replace('Atomics.wait', 'Atomics.waitAsync')
        .replace('sleeps', 'waits')
    }
    this.record(WAIT, cls, low(value), old === value ? 0 : 1, low(old), READS | QUEUES)
    if (old !== value) return NOT_EQUAL
    return timeoutNs <= 0 ? TIMED_OUT : LISTED
  }

  /** Atomics.notify, of sleepers and of waiters in one order of arrival. */
  override notify(kind: Kind, at: number, n: number): number {
    const word = FIRST_WORD + (at >> 2)
    if (this.mode === DIRECT && this.isBare()) return 0
    if (this.mode === UNWINDING) this.rethrow()
    const agent = this.agents[this.me] as Agent
    let woken: number
    let index: number
    if (this.mode === LIVE) {
      this.touched = true
      const cls = this.classOf(kind, at)
      this.point(WAKE, cls, Math.min(n, ALL), 0)
      const list = this.#wakeFirst(at, n, cls)
      woken = this.keep(WAKE, word, list.woken)
      agent.wakes.push(list.waiters)
      index = this.keep(TASK, word, agent.wakes.length - 1)
    } else {
      woken = this.replayed(WAKE, word)
      index = this.replayed(TASK, word)
    }
    for (const [cpu, waiter] of agent.wakes[index] ?? []) this.#settle(cpu, waiter)
    return woken
  }

  /** Takes the first n out of the list of a byte. */
  #wakeFirst(at: number, n: number, cls: number): { woken: number; waiters: (readonly [number, number])[] } {
    const waiters: (readonly [number, number])[] = []
    let woken = 0
    let mask = 0
    for (; woken < n; woken++) {
      const sleeper = this.#firstSleeper(at)
      const waiter = this.#firstWaiter(at)
      if (sleeper < 0 && waiter === undefined) break
      if (waiter !== undefined && (sleeper < 0 || waiter.arrival < this.arrival[sleeper]!)) {
        this.agents[waiter.cpu]?.waiters.delete(waiter.id)
        waiters.push([waiter.cpu, waiter.id])
        this.#refresh(waiter.cpu)
      } else {
        this.status[sleeper] = RUNNING
        this.op[sleeper] = RESUME
        this.wokenAt[sleeper] = this.step
        this.clock[sleeper] = Math.max(this.clock[sleeper]!, this.clock[this.me]!)
        if (this.rules.races) this.clocks.wake(this.me, sleeper)
        mask |= 1 << sleeper
      }
    }
    if (mask !== 0 && this.rules.races) this.clocks.tick(this.me)
    this.caption = ''
    if (waiters.length > 0) this.caption = wakesText(this.narrative?.name(at, 4) ?? '', mask, waiters)
    this.record(WAKE, cls, n >= ALL ? -1 : n, mask, woken, WAKES)
    return { woken, waiters }
  }

  /** An idle agent has one deadline less. */
  #refresh(cpu: number): void {
    const agent = this.agents[cpu] as Agent
    if (agent.idle && cpu !== this.me) this.#await(cpu, agent)
  }

  #firstSleeper(at: number): number {
    let best = -1
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const status = this.status[cpu]!
      if ((status !== SLEEPING && status !== SLEEPING_TIMED) || this.queue[cpu] !== at) continue
      if (this.agents[cpu]?.idle === true) continue
      if (best < 0 || this.arrival[cpu]! < this.arrival[best]!) best = cpu
    }
    return best
  }

  #firstWaiter(at: number): { cpu: number; id: number; arrival: number } | undefined {
    let best: { cpu: number; id: number; arrival: number } | undefined
    for (const [cpu, { waiters }] of this.agents.entries()) {
      for (const [id, { queue, arrival }] of waiters) {
        if (queue === at && (best === undefined || arrival < best.arrival)) best = { cpu, id, arrival }
      }
    }
    return best
  }

  /** A waiter was woken: in another agent a task settles its promise; in this one a task does, or notify itself. */
  #settle(cpu: number, waiter: number): void {
    const { me } = this
    if (cpu === me && this.choose(2) === 1) {
      this.agents[me]?.callbacks.get(`settle ${waiter}`)?.('ok')
      return
    }
    this.#send(cpu, `/* a task of cpu-${cpu} will settle its waitAsync */`, (known) => {
      this.agents[cpu]?.settles.push({ kind: 'settle', id: waiter, value: 'ok', known })
    })
  }

  protected override changedSince(cpu: number): boolean {
    const agent = this.agents[cpu]
    if (agent?.idle !== true) return super.changedSince(cpu)
    return [...agent.waiters.values()].some(({ changed }) => changed())
  }

  protected override sleepAddr(cpu: number): number {
    const agent = this.agents[cpu]
    if (agent?.idle !== true) return super.sleepAddr(cpu)
    return [...agent.waiters.values()].find(({ changed }) => changed())?.word ?? 0
  }

  override sleepText(cpu: number): string {
    const agent = this.agents[cpu]
    if (agent?.idle !== true || agent.settled) return ''
    const names = [...agent.waiters.values()].map(({ name }) => name)
    const whom = names.length === 0 ? '' : `, among them Atomics.waitAsync on ${names.join(', ')}`
    return `awaits what nobody settles${whom}`
  }
}

function wakesText(name: string, mask: number, waiters: readonly (readonly [number, number])[]): string {
  const sleepers = Array.from({ length: 8 }, (_, cpu) => cpu).filter((cpu) => ((mask >> cpu) & 1) !== 0)
  const whom = [
    ...sleepers.map((cpu) => `cpu-${cpu}`),
    ...waiters.map(([cpu]) => `a waitAsync of cpu-${cpu}`),
  ]
  return `Atomics.notify(${name})   /* wakes ${whom.join(', ')} */`
}

const LISTED = 0
const NOT_EQUAL = 1
const TIMED_OUT = 2
