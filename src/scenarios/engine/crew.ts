/**
 * The crew: workers that play the CPUs of one scenario after the other. Main's side.
 *
 * Invariant   a worker that has not answered is never given another job: `abandon` ends all workers, the next run starts new
 *             ones.
 * Context     main's event loop, which never blocks.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { CHECKED_ARGV, mustGetChecked } from '../../machine/checked.ts'
import { TheirsBroke, toldOf } from '../../define/brought.ts'
import type { Job } from './cpu.ts'

const entry = fileURLToPath(new URL('../../../workers/scenario.js', import.meta.url))

interface Answer<T> {
  readonly done?: T
  readonly error?: string
}

/** The run itself broke: no verdict can be given. */
export class ScenarioBroke extends Error {
  override readonly name: string = 'ScenarioBroke'
}

/** A user's body that neither ends nor sleeps is given up after so long, milliseconds: a race takes a few. */
const THEIRS_MS = 30_000

/** Workers for scenarios. Dispose of it when done. */
export class Crew {
  readonly #checked: boolean
  #workers: Worker[] = []

  /** @param checked workers run the checked build, which forced runs need */
  constructor(checked: boolean) {
    this.#checked = checked
  }

  #worker(index: number): Worker {
    while (this.#workers.length <= index) {
      const execArgv = this.#checked ? [...CHECKED_ARGV] : []
      this.#workers.push(new Worker(entry, { execArgv }))
    }
    return this.#workers[index] as Worker
  }

  /** Gives worker `index` a job. Rejects with ScenarioBroke if the job throws or the worker dies. */
  async job<T>(index: number, job: Job): Promise<T> {
    if (this.#checked) await mustGetChecked()
    const worker = this.#worker(index)
    return new Promise((resolve, reject) => {
      const broke = (why: string): void => {
        const who = `${job.scenario} under ${job.strategy}, ${job.kind} on CPU ${job.cpu}`
        const { files } = job
        if (files === undefined) reject(new ScenarioBroke(`${who}: ${why}`))
        else reject(new TheirsBroke(`${who}: ${toldOf(why, files)}`))
      }
      const timer =
        job.files &&
        setTimeout(() => {
          off()
          broke(`the code has not ended after ${THEIRS_MS / 1000} s, and it does not sleep in a lock`)
        }, THEIRS_MS)
      const off = (): void => {
        clearTimeout(timer)
        worker.removeAllListeners('message')
        worker.removeAllListeners('error')
        worker.removeAllListeners('exit')
      }
      worker.once('message', ({ done, error }: Answer<T>) => {
        off()
        if (error === undefined) resolve(done as T)
        else broke(error)
      })
      worker.once('error', (error: Error) => {
        off()
        broke(error.stack ?? error.message)
      })
      worker.once('exit', (code) => {
        off()
        broke(`the worker exited with code ${code}`)
      })
      worker.postMessage(job)
    })
  }

  /** Ends all workers. The crew can be used again: it starts new ones. */
  async abandon(): Promise<void> {
    const workers = this.#workers
    this.#workers = []
    for (const worker of workers) worker.removeAllListeners()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abandon()
  }
}
