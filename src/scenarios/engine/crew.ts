/**
 * The crew: workers that play the CPUs of one scenario after the other. Main's side.
 *
 * Invariant   a worker that has not answered is never given another job: `abandon` ends all workers, the next run starts new
 *             ones.
 * Context     main's event loop, which never blocks.
 */
import { within } from '../../base/within.ts'
import { mustGetChecked } from '../../machine/checked.ts'
import { WorkerThread } from '../../machine/worker_thread.ts'
import { TheirsBroke, toldOf } from '../../define/brought.ts'
import type { Job } from './cpu.ts'

const entry = new URL('../../../workers/scenario.js', import.meta.url)

/** The run itself broke: no verdict can be given. */
export class ScenarioBroke extends Error {
  override readonly name: string = 'ScenarioBroke'
}

/** A user's body that neither ends nor sleeps is given up after so long, milliseconds: a race takes a few. */
const THEIRS_MS = 30_000
const STANDS = `the code has not ended after ${THEIRS_MS / 1000} s, and it does not sleep in a lock`

function stands(): never {
  throw new Error(STANDS)
}

/** Workers for scenarios. Dispose of it when done. */
export class Crew {
  readonly #checked: boolean
  #threads: WorkerThread[] = []

  /** @param checked workers run the checked build, which forced runs need */
  constructor(checked: boolean) {
    this.#checked = checked
  }

  #thread(index: number): WorkerThread {
    while (this.#threads.length <= index) {
      this.#threads.push(new WorkerThread({ entry, checked: this.#checked }))
    }
    return this.#threads[index] as WorkerThread
  }

  /** Gives thread `index` a job. Rejects with ScenarioBroke if the job throws or the thread dies. */
  async job<T>(index: number, job: Job): Promise<T> {
    if (this.#checked) await mustGetChecked()
    const threads = this.#threads
    const done = this.#thread(index).run<T>(job)
    try {
      return await within(job.files === undefined ? Infinity : THEIRS_MS, done, stands)
    } catch (error) {
      // Given up on purpose: nobody asks how it ended.
      if (threads !== this.#threads) return await new Promise<never>(() => {})
      throw brokeOf(job, error as Error)
    }
  }

  /** Ends all threads. The crew can be used again: it starts new ones. */
  async abandon(): Promise<void> {
    const threads = this.#threads
    this.#threads = []
    await Promise.all(threads.map((thread) => thread.end()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abandon()
  }
}

/** What a job that broke comes to. */
function brokeOf({ scenario, strategy, kind, cpu, files }: Job, { message, stack }: Error): Error {
  const why =
    message === STANDS ? message : message.startsWith('worker exited') ? `the ${message}` : (stack ?? message)
  const who = `${scenario} under ${strategy}, ${kind} on CPU ${cpu}`
  if (files === undefined) return new ScenarioBroke(`${who}: ${why}`)
  return new TheirsBroke(`${who}: ${toldOf(why, files)}`)
}
