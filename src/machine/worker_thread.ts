/**
 * A worker thread, made by piscina, that does one job after the other: from the second on its modules are loaded and its code is
 * warm. Its entry is a module whose default export does a job.
 *
 * Context   main's event loop. A thread without a job does not keep the process alive.
 */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { CHECKED_ARGV } from './checked.ts'

/** How a thread is started. */
export interface ThreadOptions {
  /** The compiled module that does its jobs. */
  readonly entry: URL
  /** Run the checked build. Ask mustGetChecked first. */
  readonly checked?: boolean
  /** Largest heap, MB; by default Node's. */
  readonly heapMb?: number
  /** It failed outside a job. */
  readonly stray?: (error: Error) => void
}

/** See the head of this file. */
export class WorkerThread {
  readonly #pool: Piscina

  constructor({ entry, checked = false, heapMb, stray = () => {} }: ThreadOptions) {
    this.#pool = new Piscina({
      filename: fileURLToPath(entry),
      minThreads: 0,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Infinity,
      atomics: 'disabled',
      recordTiming: false,
      // Never those of this process: its build may be another.
      execArgv: checked ? [...CHECKED_ARGV] : [],
      ...(heapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    })
    this.#pool.on('error', stray)
  }

  /**
   * Does a job. Rejects with what it throws, as far as that can be cloned, and with "exited with code …" if the thread ends itself.
   */
  run<T>(job: unknown): Promise<T> {
    return this.#pool.run(job) as Promise<T>
  }

  /** Ends the thread, wherever it is. Its job, if it has one, is rejected. */
  async end(): Promise<void> {
    await this.#pool.destroy()
  }
}
