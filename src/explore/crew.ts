/**
 * The cores of an exploration: worker threads, of the checked build for models, whichever build this thread runs. A job goes to the
 * first that is free.
 */
import { setTimeout } from 'node:timers/promises'
import { mustGetChecked } from '../machine/checked.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import { TheirsBroke, toldOf } from '../define/brought.ts'
import type { Subtree } from './searches/search.ts'
import { RefusedError, type RefusalCode } from './helper/refused.ts'
import type { AnswerOf, Job } from './jobs.ts'

const MODULE = new URL('../../workers/explore.js', import.meta.url)

/** How long a core may take to end its job when the crew is closed, and between two looks, milliseconds. */
const GRACE_MS = 5_000
const LOOK_MS = 10

/** What a core is given: a job, and the word by which it is told to end. */
export interface CoreJob {
  readonly job: Job
  readonly closing: Int32Array
}

/** An error of a job, as text: of an error itself little arrives. `refused`: a program cannot be judged. */
export interface Broke {
  readonly error: string
  readonly refused?: RefusalCode
}

/** What its cores run: the checked build, which models need; or what this process runs, with its flags, for users' programs. */
export interface CrewOptions {
  readonly checked?: boolean
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
  readonly #checked: boolean
  readonly #idle: WorkerThread[] = []
  readonly #all: WorkerThread[] = []
  readonly #queue: Waiting[] = []
  #closed = false
  /** 1 when its cores are to end what they do. */
  readonly #closing = new Int32Array(new SharedArrayBuffer(4))

  constructor(cores: number, { checked = true }: CrewOptions = {}) {
    this.cores = cores
    this.#checked = checked
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
      const ready = this.#checked ? mustGetChecked() : Promise.resolve()
      ready.then(() => this.#dispatch(), reject)
    })
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const thread = this.#idle.pop() ?? (this.#all.length < this.cores ? this.#start() : undefined)
      if (thread === undefined) return
      void this.#give(thread, this.#queue.shift() as Waiting)
    }
  }

  #start(): WorkerThread {
    const thread = new WorkerThread({ entry: MODULE, checked: this.#checked, inherits: !this.#checked })
    this.#all.push(thread)
    return thread
  }

  async #give(thread: WorkerThread, { job, give, resolve, reject }: Waiting): Promise<void> {
    const order: CoreJob = { job, closing: this.#closing }
    try {
      const answer = await thread.runTelling<{ done: unknown } | Broke>(order, give)
      this.#idle.push(thread)
      if ('done' in answer) resolve(answer.done as never)
      else if (answer.refused !== undefined) reject(new RefusedError(answer.refused, answer.error))
      else if ('files' in job && job.files !== undefined)
        reject(new TheirsBroke(`model ${job.model}: ${toldOf(answer.error, job.files)}`))
      else reject(new Error(answer.error))
    } catch (error) {
      const at = this.#all.indexOf(thread)
      if (at >= 0) this.#all.splice(at, 1)
      reject(this.#closed ? new Error('interrupted') : (error as Error))
    }
    this.#dispatch()
  }

  /** Ends all cores: they are given some time to come to an end by themselves. */
  async close(): Promise<void> {
    this.#closed = true
    Atomics.store(this.#closing, 0, 1)
    // A worker that is terminated while it loads its modules may never end (seen with Node 26.10).
    for (let ms = 0; this.#idle.length < this.#all.length && ms < GRACE_MS; ms += LOOK_MS)
      await setTimeout(LOOK_MS)
    await Promise.all(this.#all.splice(0).map((thread) => thread.end()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
