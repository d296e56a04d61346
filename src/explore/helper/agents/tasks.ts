/**
 * Tasks of agents: messages, timers, settled waits. An agent takes a task as one step, of its inbox; whoever sends one writes there, as
 * a step of its own. Which of several sources comes first is a choice. Taking one is no read for cpu_relax: a loop does not poll the
 * inbox, and nobody who waits in one is woken by a task.
 */
import { BARRIER, CHANGED, STORE, WRITES, XCHG } from '../../dependence.ts'
import { DIRECT, LIVE, UNWINDING } from '../../engine/mode.ts'
import { FINISHED, RUNNING, SLEEPING, SLEEPING_TIMED } from '../../engine/cpus.ts'
import { TASK } from '../../engine/log.ts'
import type { Agent, Task, Timer } from '../agent.ts'
import { TurnsEngine } from './turns.ts'

const NS_PER_MS = 1e6

/** See the head of this file. */
export abstract class TasksEngine extends TurnsEngine {
  /** The agent begins its next task. */
  protected override takes(me: number, agent: Agent): void {
    const inbox = this.inboxOf(me)
    this.granted = false
    agent.idle = false
    let task: Task
    if (this.status[me] === SLEEPING_TIMED) {
      const quiescent = this.quiescent()
      const deadline = this.deadline[me]!
      this.status[me] = RUNNING
      this.clock[me] = Math.max(this.clock[me]!, deadline)
      task = agent.due(deadline)
      this.#describe(task)
      this.record(XCHG, inbox, 0, 0, 0, WRITES | (quiescent ? BARRIER : 0))
    } else {
      const ready = agent.ready()
      this.caption = ''
      if (ready.length === 1) {
        task = (ready[0] as () => Task)()
        this.#describe(task)
        this.record(XCHG, inbox, 0, 0, 0, WRITES)
      } else {
        this.record(XCHG, inbox, 0, 0, 0, WRITES)
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
    this.deliver(() => {
      agent.callbacks.get(`${task.kind} ${task.id}`)?.(task.value)
    })
  }

  #describe({ kind, id, value }: Task): void {
    if (this.narrative === undefined) return
    if (kind === 'settle') this.caption = `/* waitAsync settles: ${String(value)} */`
    else if (kind === 'timer') this.caption = `/* timer ${id} runs */`
    else this.caption = `/* message of cpu-${id} */`
  }

  /** The agent has nothing to run: it waits for a task, or has ended. */
  protected override rests(me: number, agent: Agent): void {
    agent.idle = true
    this.queue[me] = -1
    this.publish(XCHG, this.inboxOf(me), 0, 0)
    this.awaits(me, agent)
    const next = this.decide()
    if (next === me) this.granted = true
    else this.turn = next
  }

  /** The status of an agent that is idle. */
  protected awaits(cpu: number, agent: Agent): void {
    const deadline = agent.deadline()
    this.deadline[cpu] = deadline
    if (agent.ready().length > 0) this.status[cpu] = RUNNING
    else if (deadline < Infinity) this.status[cpu] = SLEEPING_TIMED
    else this.status[cpu] = agent.settled ? FINISHED : SLEEPING
    this.op[cpu] = XCHG
    this.addr[cpu] = this.inboxOf(cpu)
  }

  protected override endless(cpu: number, polled: number): string {
    for (let of = 0; of < this.cpus; of++) {
      if (polled === this.inboxOf(of))
        return `cpu-${cpu} takes or sends one task after another, without an end`
    }
    return super.endless(cpu, polled)
  }

  /** Sends a task to an agent: a step of its own. */
  protected send(target: number, what: string, put: (known: Int32Array | undefined) => void): void {
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
    if (agent.idle) this.awaits(target, agent)
  }

  /** postMessage to another body. */
  sendMessage(target: number, value: unknown): void {
    this.touched = true
    const { me } = this
    this.send(target, `postMessage to cpu-${target}`, (known) => {
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
}
