/**
 * A crew: the workers of one contender, parked between rounds. The main thread orders a round with one store and learns
 * of its end from one word; no messages in between.
 */
import { within } from '../src/base/within.ts'
import {
  ACTIVE,
  ARRIVED,
  CONTROL_BYTES,
  DONE,
  MODE,
  MODE_BLOCKED,
  MODE_ROUND,
  MODE_TIMED,
  OPEN,
  OPS,
  QUIT,
  READY,
  SEQ,
  STEPS,
  TIMES,
  type CrewData,
  type CrewThread,
} from './control.ts'
import { COUNTER } from './loop.ts'
import { Patience } from './patience.ts'
import { expectCount, roundOf, type Round, type Rounds, type Share } from './rounds.ts'
import { startThread } from './threads.ts'

/** What a start may take beside the patience: on a busy machine a thread is long in coming. */
const START_MS = 15_000
/** What the end of workers that are told to quit may take. */
const END_MS = 15_000

/** How to start a crew. */
export interface CrewOptions {
  readonly bytes?: number
  /** The pair excludes: its section counts plainly, and each round checks the count. */
  readonly excludes?: boolean
  readonly shared?: unknown
  /** Ends the wait for workers none of whom gets anywhere for so long. Milliseconds; they are waited for without end if left out. */
  readonly patienceMs?: number
}

/** Workers that run one contender. */
export class Crew implements Rounds {
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
  readonly #times = new BigInt64Array(this.#control.buffer)
  readonly #memory: Int32Array
  readonly #threads: CrewThread[]
  readonly #excludes: boolean
  readonly #patienceMs: number
  #failure: Error | undefined
  /** Some worker stands still, and will not come to its end. */
  #still = false

  private constructor(adapter: string, variant: string, workers: number, options: CrewOptions) {
    const { bytes = 8192, excludes = true, patienceMs = Infinity, shared } = options
    this.#patienceMs = patienceMs
    this.#memory = new Int32Array(new SharedArrayBuffer(bytes))
    this.#excludes = excludes
    this.#threads = Array.from({ length: workers }, (_, cpu) => {
      const data: CrewData = {
        control: this.#control.buffer,
        memory: this.#memory.buffer as SharedArrayBuffer,
        adapter,
        variant,
        cpu,
        workers,
        excludes,
        shared,
      }
      const thread = startThread(data)
      thread.served.catch((error: Error) => {
        const [, code] = /exited with code:? (\d+)/.exec(error.message) ?? []
        this.#fail(code === undefined ? error : new Error(`worker ${cpu} exited with code ${code}`))
      })
      return thread
    })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    Atomics.notify(this.#control, DONE)
    Atomics.notify(this.#control, READY)
  }

  /** Starts the workers and waits until all have bound their contender. */
  static async start(
    adapter: string,
    variant: string,
    workers: number,
    options: CrewOptions = {},
  ): Promise<Crew> {
    const crew = new Crew(adapter, variant, workers, options)
    try {
      await crew.#until(READY, workers, START_MS)
      return crew
    } catch (error) {
      await crew.stop()
      throw error
    }
  }

  async round(active: number, ops: number, steps: number): Promise<Round> {
    const counted = await this.#order(MODE_ROUND, active, ops, steps)
    if (this.#excludes) expectCount(counted, active * ops)
    const pairs = this.#pairs(active)
    return roundOf(
      pairs.map(([start]) => start),
      pairs.map(([, end]) => end),
    )
  }

  async timed(active: number, ms: number, steps: number): Promise<Share[]> {
    const counted = await this.#order(MODE_TIMED, active, ms, steps)
    const shares = this.#pairs(active).map(([ops, longest]) => ({
      ops: Number(ops),
      longestNs: Number(longest),
    }))
    const done = shares.reduce((sum, { ops }) => sum + ops, 0)
    if (this.#excludes) expectCount(counted, done)
    return shares
  }

  /** Worker 0 holds the section for `ms`, asleep, while the other `active` - 1 wait for it. Resolves when all are through. */
  async blocked(active: number, ms: number): Promise<void> {
    await this.#order(MODE_BLOCKED, active, ms, 0)
  }

  /** Orders one run and waits for its end. Returns what the plain counter inside the section gained. */
  async #order(mode: number, active: number, amount: number, steps: number): Promise<number> {
    const control = this.#control
    const before = Atomics.load(this.#memory, COUNTER)
    const words = { [MODE]: mode, [ACTIVE]: active, [OPS]: amount, [STEPS]: steps }
    for (const [word, value] of Object.entries(words)) Atomics.store(control, Number(word), value)
    for (const word of [ARRIVED, OPEN, DONE]) Atomics.store(control, word, 0)
    Atomics.add(control, SEQ, 1)
    Atomics.notify(control, SEQ)
    await this.#until(DONE, active, mode === MODE_ROUND ? 0 : amount)
    return (Atomics.load(this.#memory, COUNTER) - before) | 0
  }

  #pairs(active: number): [bigint, bigint][] {
    return Array.from({ length: active }, (_, cpu) => [
      this.#times[TIMES + 2 * cpu] as bigint,
      this.#times[TIMES + 2 * cpu + 1] as bigint,
    ])
  }

  /** Waits until the word has the value. Time that the run is meant to take does not count as standing still. */
  async #until(word: number, value: number, meantMs: number): Promise<void> {
    const patience = new Patience(this.#patienceMs + meantMs)
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const seen = Atomics.load(this.#control, word)
      if (seen >= value) return
      const wait = Atomics.waitAsync(this.#control, word, seen, patience.sliceMs)
      const result = wait.async ? await wait.value : wait.value
      if (patience.isOver(result, Atomics.load(this.#memory, COUNTER))) {
        this.#still = true
        throw new Error(
          `${seen} of ${value} workers are done, and the others have stood still for ${patience.text}`,
        )
      }
    }
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  async #gone(): Promise<void> {
    const served = this.#threads.map((thread) => thread.served)
    await within(END_MS, Promise.allSettled(served), () => {})
  }

  /** Ends the workers: by themselves, so that what one of them has left comes up, unless one stands still or has failed. */
  async stop(): Promise<void> {
    Atomics.store(this.#control, QUIT, 1)
    Atomics.add(this.#control, SEQ, 1)
    Atomics.notify(this.#control, SEQ)
    if (!this.#still && this.#failure === undefined) await this.#gone()
    await Promise.all(this.#threads.map((thread) => thread.end()))
  }
}
