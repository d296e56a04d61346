/**
 * The engine of bodies that await. How they take turns and tasks lies in agents/; here is what they wait for in memory: waitAsync, and
 * notify, which wakes sleepers and waiters in one order of arrival.
 */
import { QUEUES, READS, RESUME, WAIT, WAKE, WAKES } from '../dependence.ts'
import { DIRECT, LIVE, UNWINDING } from '../engine/mode.ts'
import { RUNNING, SLEEPING, SLEEPING_TIMED } from '../engine/cpus.ts'
import { ALL } from '../engine/futex.ts'
import { TASK } from '../engine/log.ts'
import { noteRead } from '../engine/spin.ts'
import type { Agent } from './agent.ts'
import { TasksEngine } from './agents/tasks.ts'
import { FIRST_WORD, low } from './engine.ts'
import type { Kind, Value } from './kinds.ts'

const LISTED = 0
const NOT_EQUAL = 1
const TIMED_OUT = 2

/** See the head of this file. */
export class AsyncEngine extends TasksEngine {
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
    if (agent.idle && cpu !== this.me) this.awaits(cpu, agent)
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
    this.send(cpu, `/* a task of cpu-${cpu} will settle its waitAsync */`, (known) => {
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
