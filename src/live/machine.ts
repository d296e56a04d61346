/**
 * A machine that somebody sits at, as the main thread sees it: CPUs that take a word each and run it to its end, however long that
 * takes. Nothing ends a machine but its owner: one in which everybody waits for each other is what some come to see.
 *
 * Invariant   a CPU runs one job at a time; `start` gives a job to the lowest idle CPU.
 * Context     main's event loop, which never blocks.
 */
import { attach, memory } from '#access'
import { errname } from '../base/errno.ts'
import { detectorArenaBytes } from '../debug/detectors.ts'
import { mustGetChecked } from '../machine/checked.ts'
import { onArena } from '../machine/on_arena.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import { createArena } from '../mem/arena.ts'
import { task_of } from '../mem/task.ts'
import { send_signal } from '../sync/index.ts'
import { allSleep } from './asleep.ts'
import { LIVE_BYTES, type LivePlan } from './boot.ts'
import { SERVING, type LiveAnswer, type LiveEnding, type LiveOrder } from './cpu.ts'

const entry = new URL('../../workers/live.js', import.meta.url)

/** How a job ended. Status 0 well, 1 refused, 2 used wrongly, 3 its task died or its worker is gone. */
export interface LiveEnd {
  readonly status: number
  /** What it gave back besides text. */
  readonly gave?: unknown
}

/** Where the text of a job goes. */
export interface LiveSink {
  out(text: string): void
  err(text: string): void
}

/** A job under way. */
export interface LiveJob {
  readonly cpu: number
  readonly ended: Promise<LiveEnd>
}

interface Busy {
  readonly sink: LiveSink
  gave: unknown
  end(result: LiveEnd): void
}

/** The kernel does not boot. */
export class LiveBootError extends Error {
  override readonly name: string = 'LiveBootError'
}

function makeArena(cpus: number): Int32Array {
  const before = memory()
  const bytes = detectorArenaBytes({ lockdep: true, lockStat: true }, LIVE_BYTES, cpus)
  const view = new Int32Array(createArena(bytes, cpus))
  attach(before, 0, task_of(0))
  return view
}

/** What has become of a worker. */
const goneOr = ({ message }: Error): string =>
  message.includes('exited with code') ? 'its worker is gone' : message

/** See the head of this file. */
export class LiveMachine {
  readonly plan: LivePlan
  /** All CPUs, those that serve too. */
  readonly cpus: number
  /** The arena, for readers. */
  readonly view: Int32Array
  readonly #threads: WorkerThread[] = []
  readonly #busy = new Map<number, Busy>()
  readonly #dead = new Map<number, string>()
  /** The system's numbers of those that are up. */
  readonly #numbers = new Map<number, number>()
  #off = false

  private constructor(plan: LivePlan, cpus: number) {
    this.plan = plan
    this.cpus = cpus + SERVING
    this.view = makeArena(this.cpus)
  }

  /**
   * Boots a machine.
   * @param cpus CPUs that take words
   * @throws LiveBootError
   */
  static async boot(plan: LivePlan, cpus: number): Promise<LiveMachine> {
    await mustGetChecked()
    const machine = new LiveMachine(plan, cpus)
    try {
      await machine.#hire(0)
      await Promise.all(Array.from({ length: SERVING }, (_, i) => machine.#hire(i + 1)))
    } catch (error) {
      await machine.off()
      throw error
    }
    return machine
  }

  /** CPUs whose task has died, and of what. */
  get dead(): ReadonlyMap<number, string> {
    return this.#dead
  }

  /**
   * True if a CPU sleeps, and has not been woken. Without one: if none has a word that does not, and those that serve neither. Then
   * nothing moves until a time is up or somebody says another word.
   */
  sleeps(cpu?: number): boolean {
    const all =
      cpu === undefined
        ? [...this.#threads.keys()].filter((one) => one < SERVING || this.#busy.has(one))
        : [cpu]
    const numbers = all.map((one) => this.#numbers.get(one))
    return numbers.every((number) => number !== undefined) && allSleep(numbers)
  }

  /** Gives a job to an idle CPU; undefined if there is none. */
  start(order: LiveOrder, sink: LiveSink): LiveJob | undefined {
    const cpu = this.#idle()
    if (cpu === undefined) return undefined
    const ended = new Promise<LiveEnd>((end) => this.#busy.set(cpu, { sink, gave: undefined, end }))
    void this.#obey(cpu, order)
    this.#spare()
    return { cpu, ended }
  }

  /** CPUs come up when they may be needed: one is ready always. A word that comes before its CPU is up waits in its mail. */
  #spare(): void {
    const next = this.#threads.length
    if (next >= this.cpus) return
    const ready = [...this.#threads.keys()].some((cpu) => this.#takes(cpu))
    if (!ready) this.#hire(next).catch(() => {})
  }

  /** Sends a signal to the task of a CPU: it ends what it waits for interruptibly. Blocks for the moment that a wake-up takes. */
  signal(cpu: number): void {
    onArena(this.view, () => send_signal(cpu))
  }

  /** Ends all CPUs, wherever they are. The arena is not used again. */
  async off(): Promise<void> {
    this.#off = true
    await Promise.all(this.#threads.map((thread) => thread.end()))
    for (const cpu of this.#busy.keys()) this.#end(cpu, { status: 3 })
  }

  #idle(): number | undefined {
    return [...this.#threads.keys()].find((cpu) => this.#takes(cpu))
  }

  #takes(cpu: number): boolean {
    return cpu >= SERVING && !this.#busy.has(cpu) && !this.#dead.has(cpu)
  }

  #hire(cpu: number): Promise<void> {
    const thread = new WorkerThread({ entry, checked: true })
    this.#threads[cpu] = thread
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        reject(new LiveBootError(why))
        if (!this.#off) this.#died(cpu, why)
      }
      const hear = (answer: LiveAnswer): void => {
        if (!('booted' in answer)) return
        this.#numbers.set(cpu, answer.thread)
        if (answer.booted === 0) resolve()
        else fail(`the kernel does not boot: ${errname(answer.booted)}`)
      }
      // Those that serve never end.
      const job = { sab: this.view.buffer, cpu, plan: this.plan }
      thread.runTelling<void>(job, hear).catch((error: Error) => fail(goneOr(error)))
    })
  }

  /** Lets a CPU run a word. */
  async #obey(cpu: number, order: LiveOrder): Promise<void> {
    const hear = (answer: LiveAnswer): void => this.#hear(cpu, answer)
    try {
      const end = await (this.#threads[cpu] as WorkerThread).runTelling<LiveEnding>(order, hear)
      if ('died' in end) this.#died(cpu, end.died)
      else this.#end(cpu, { status: end.status, gave: this.#busy.get(cpu)?.gave })
    } catch (error) {
      if (!this.#off) this.#died(cpu, goneOr(error as Error))
    }
  }

  #hear(cpu: number, answer: LiveAnswer): void {
    const busy = this.#busy.get(cpu)
    if (busy === undefined) return
    if ('out' in answer) busy.sink.out(answer.out)
    else if ('err' in answer) busy.sink.err(answer.err)
    else if ('gave' in answer) busy.gave = answer.gave
  }

  #died(cpu: number, why: string): void {
    this.#dead.set(cpu, why)
    this.#busy.get(cpu)?.sink.err(`the task on CPU ${cpu} has died: ${why.split('\n')[0]}`)
    this.#end(cpu, { status: 3 })
  }

  #end(cpu: number, end: LiveEnd): void {
    const busy = this.#busy.get(cpu)
    this.#busy.delete(cpu)
    busy?.end(end)
  }
}
