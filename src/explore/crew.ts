/**
 * The cores of an exploration: worker threads that run the checked build, whichever build this thread runs. A job goes to
 * the first that is free.
 */
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { CHECKED_ARGV, mustGetChecked } from '../machine/checked.ts'
import { TheirsBroke, toldOf } from '../define/brought.ts'
import type { Subtree } from './searches/search.ts'
import type { AnswerOf, Job } from './jobs.ts'

const MODULE = new URL('../../workers/explore.js', import.meta.url)

/** How long a core may take to end its job when the crew is closed, and between two looks, milliseconds. */
const GRACE_MS = 5_000
const LOOK_MS = 10

interface Message {
  readonly done?: unknown
  readonly error?: string
  readonly parts?: readonly Subtree[]
}

interface Waiting {
  readonly job: Job
  readonly give: (parts: readonly Subtree[]) => void
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** The cores of one exploration. Dispose of it when done. */
export class Crew {
  readonly cores: number
  readonly #idle: Worker[] = []
  readonly #all: Worker[] = []
  readonly #queue: Waiting[] = []
  #closed = false
  /** 1 when its cores are to end what they do. */
  readonly #closing = new Int32Array(new SharedArrayBuffer(4))

  constructor(cores: number) {
    this.cores = cores
  }

  /** Cores with nothing to do. */
  get idle(): number {
    return this.cores - this.#all.length + this.#idle.length
  }

  /** Jobs that wait for a core. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Does a job. `give` hears of parts of it that others may do. */
  submit<J extends Job>(job: J, give: (parts: readonly Subtree[]) => void = () => {}): Promise<AnswerOf<J>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, give, resolve, reject })
      mustGetChecked().then(() => this.#dispatch(), reject)
    })
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const worker = this.#idle.pop() ?? (this.#all.length < this.cores ? this.#start() : undefined)
      if (worker === undefined) return
      this.#give(worker, this.#queue.shift() as Waiting)
    }
  }

  #start(): Worker {
    const worker = new Worker(MODULE, { execArgv: [...CHECKED_ARGV], workerData: this.#closing })
    this.#all.push(worker)
    return worker
  }

  #give(worker: Worker, { job, give, resolve, reject }: Waiting): void {
    const end = (settle: () => void): void => {
      worker.removeAllListeners('message')
      worker.removeAllListeners('error')
      settle()
    }
    worker.on('message', ({ done, error, parts }: Message) => {
      if (parts !== undefined) {
        give(parts)
        return
      }
      end(() => {
        this.#idle.push(worker)
        if (error === undefined) resolve(done as never)
        else if ('files' in job && job.files !== undefined) {
          reject(new TheirsBroke(`model ${job.model}: ${toldOf(error, job.files)}`))
        } else reject(new Error(error))
      })
      this.#dispatch()
    })
    worker.on('error', (error: Error) => {
      end(() => {
        this.#all.splice(this.#all.indexOf(worker), 1)
        reject(this.#closed ? new Error('interrupted') : error)
      })
    })
    worker.postMessage(job)
  }

  /** Ends all cores: they are given some time to come to an end by themselves. */
  async close(): Promise<void> {
    this.#closed = true
    Atomics.store(this.#closing, 0, 1)
    // A worker that is terminated while it loads its modules may never end (seen with Node 26.10).
    for (let ms = 0; this.#idle.length < this.#all.length && ms < GRACE_MS; ms += LOOK_MS)
      await setTimeout(LOOK_MS)
    await Promise.all(this.#all.splice(0).map((worker) => worker.terminate()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
