/**
 * A crew: the workers of one contender, parked between rounds. The main thread orders a round with one store and learns
 * of its end from one word; no messages in between.
 *
 * Control words   SEQ rounds ordered · ACTIVE workers that take part · OPS per worker · STEPS of work inside ·
 *                 ARRIVED and OPEN: the start gate · DONE workers that finished
 * Times           each worker stores its start and end; a round lasts from the first start to the last end.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { COUNTER } from './loop.ts'

export const SEQ = 0
export const ACTIVE = 16
export const OPS = 17
export const STEPS = 18
export const ARRIVED = 32
export const OPEN = 33
export const DONE = 48
export const QUIT = 64
/** Word of the worker-start counter. */
export const READY = 80
/** Index of worker 0's times, in 64-bit words. */
export const TIMES = 64
export const CONTROL_BYTES = 4096

const entry = fileURLToPath(new URL('../workers/bench.js', import.meta.url))

/** One round's outcome. */
export interface Round {
  /** First start to last end, nanoseconds. */
  readonly wallNs: number
  /** Each worker's own time, nanoseconds. */
  readonly eachNs: readonly number[]
}

/** What a worker of a crew is told at its start. */
export interface CrewData {
  readonly control: SharedArrayBuffer
  readonly memory: SharedArrayBuffer
  readonly adapter: string
  readonly variant: string
  readonly cpu: number
  readonly excludes: boolean
}

/** Workers that run one contender. */
export class Crew {
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
  readonly #times = new BigInt64Array(this.#control.buffer)
  readonly #memory: Int32Array
  readonly #workers: Worker[]
  readonly #excludes: boolean
  #failure: Error | undefined

  private constructor(adapter: string, variant: string, workers: number, bytes: number, excludes: boolean) {
    this.#memory = new Int32Array(new SharedArrayBuffer(bytes))
    this.#excludes = excludes
    this.#workers = Array.from({ length: workers }, (_, cpu) => {
      const data: CrewData = {
        control: this.#control.buffer,
        memory: this.#memory.buffer as SharedArrayBuffer,
        adapter,
        variant,
        cpu,
        excludes,
      }
      const worker = new Worker(entry, { workerData: data })
      worker.once('error', (error) => {
        this.#failure = error instanceof Error ? error : new Error(String(error))
        Atomics.notify(this.#control, DONE)
        Atomics.notify(this.#control, READY)
      })
      return worker
    })
  }

  /**
   * Starts the workers and waits until all have bound their contender.
   * @param excludes the pair excludes: its section counts plainly, and each round checks the count
   */
  static async start(
    adapter: string,
    variant: string,
    workers: number,
    { bytes = 8192, excludes = true }: { bytes?: number; excludes?: boolean } = {},
  ): Promise<Crew> {
    const crew = new Crew(adapter, variant, workers, bytes, excludes)
    await crew.#until(READY, workers)
    return crew
  }

  /** Runs one round on the first `active` workers. Throws if an update was lost or a worker died. */
  async round(active: number, ops: number, steps: number): Promise<Round> {
    const control = this.#control
    const before = Atomics.load(this.#memory, COUNTER)
    for (const [word, value] of [
      [ACTIVE, active],
      [OPS, ops],
      [STEPS, steps],
      [ARRIVED, 0],
      [OPEN, 0],
      [DONE, 0],
    ] as const) {
      Atomics.store(control, word, value)
    }
    Atomics.add(control, SEQ, 1)
    Atomics.notify(control, SEQ)
    await this.#until(DONE, active)
    const counted = Atomics.load(this.#memory, COUNTER) - before
    if (this.#excludes && counted !== active * ops) {
      throw new Error(`the section let several in: ${counted} of ${active * ops} updates arrived`)
    }
    return this.#read(active)
  }

  #read(active: number): Round {
    const starts: bigint[] = []
    const ends: bigint[] = []
    for (let cpu = 0; cpu < active; cpu++) {
      starts.push(this.#times[TIMES + 2 * cpu] as bigint)
      ends.push(this.#times[TIMES + 2 * cpu + 1] as bigint)
    }
    const first = starts.reduce((a, b) => (a < b ? a : b))
    const last = ends.reduce((a, b) => (a > b ? a : b))
    return { wallNs: Number(last - first), eachNs: ends.map((end, i) => Number(end - (starts[i] as bigint))) }
  }

  async #until(word: number, value: number): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const seen = Atomics.load(this.#control, word)
      if (seen >= value) return
      const wait = Atomics.waitAsync(this.#control, word, seen, 1_000)
      if (wait.async) await wait.value
    }
  }

  /** Ends the workers. */
  async stop(): Promise<void> {
    Atomics.store(this.#control, QUIT, 1)
    Atomics.add(this.#control, SEQ, 1)
    Atomics.notify(this.#control, SEQ)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
