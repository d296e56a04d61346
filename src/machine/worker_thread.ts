/**
 * A worker thread, made by piscina, that does one job after the other: from the second on its modules are loaded and its code is
 * warm. Its entry is a module whose default export does a job. It is the one way in which workers are made
 * (test/style/workers.test.ts names the exceptions).
 *
 * Context   main's event loop. A thread without a job does not keep the process alive.
 */
import { fileURLToPath } from 'node:url'
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'

/** The condition of package.json's `imports` that stands for the checked build. */
export const CONDITION = '--conditions=checked'
/** `execArgv` of a worker that is to run the checked build. */
export const CHECKED_ARGV: readonly string[] = [CONDITION]

/** How a thread is started. */
export interface ThreadOptions {
  /** The compiled module that does its jobs. */
  readonly entry: URL
  /** Run the checked build. Ask mustGetChecked first. */
  readonly checked?: boolean
  /** With the flags of this process, such as a loader that files of the user's need. */
  readonly inherits?: boolean
  /** Largest heap, MB; by default Node's. */
  readonly heapMb?: number
  /** Size of the part of it that young objects are in, MB; by default Node's. */
  readonly youngMb?: number
  /** It failed outside a job. */
  readonly stray?: (error: Error) => void
}

/** A job whose entry tells something before it ends. */
export type Telling<Job> = Job & { readonly port: MessagePort }

/** See the head of this file. */
export class WorkerThread {
  readonly #pool: Piscina
  readonly #waiting = new Set<(error: Error) => void>()
  #ending: Promise<void> | undefined

  constructor({
    entry,
    checked = false,
    inherits = false,
    heapMb,
    youngMb,
    stray = () => {},
  }: ThreadOptions) {
    this.#pool = new Piscina({
      filename: fileURLToPath(entry),
      minThreads: 0,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Infinity,
      atomics: 'disabled',
      recordTiming: false,
      trackUnmanagedFds: false,
      // Those of this process only for what is the same in both builds: its own may be another.
      execArgv: checked ? [...CHECKED_ARGV] : inherits ? process.execArgv : [],
      resourceLimits: {
        ...(heapMb !== undefined && { maxOldGenerationSizeMb: heapMb }),
        ...(youngMb !== undefined && { maxYoungGenerationSizeMb: youngMb }),
      },
    })
    this.#pool.on('error', (error: Error) => {
      // A thread that cannot even start has been given no job yet.
      for (const reject of this.#waiting) reject(error)
      stray(error)
    })
  }

  /**
   * Does a job. Rejects with what it throws, as far as that can be cloned, and with "exited with code …" if the thread ends itself.
   */
  run<T>(job: unknown, transferList: readonly MessagePort[] = []): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      const settled = (): boolean => this.#waiting.delete(reject)
      ;(this.#pool.run(job, { transferList: [...transferList] }) as Promise<T>)
        .finally(settled)
        .then(resolve, reject)
    })
  }

  /** Does a job that tells of itself through its `port`. All that it has told has been heard when the promise settles. */
  async runTelling<T>(job: object, hear: (told: never) => void): Promise<T> {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (told: unknown) => hear(told as never))
    try {
      return await this.run<T>({ ...job, port: port2 }, [port2])
    } finally {
      // What was told before the end lies in the port, whichever of the two comes through first.
      for (let told; (told = receiveMessageOnPort(port1)) !== undefined;) hear(told.message as never)
      port1.close()
    }
  }

  /** Ends the thread, wherever it is, and resolves when it is gone. Its job, if it has one, is rejected at once. */
  async end(): Promise<void> {
    // The pool itself forgets a worker before that is gone: who asks it a second time would be told so too early.
    this.#ending ??= this.#pool.destroy().finally(() => {
      this.#ending = undefined
    })
    await this.#ending
  }
}
