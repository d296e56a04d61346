/**
 * Jobs: what runs on CPUs now, and what has ended and was not told of yet.
 *
 * Output   in a script, what a job in the background prints is kept until the job is told of, so that a script prints the same each
 *          time. At a terminal it is shown as it comes.
 */
import type { LiveEnd, LiveJob, LiveMachine, LiveSink } from '../live/machine.ts'
import type { LiveOrder } from '../live/cpu.ts'

/** One job. */
export interface Job {
  readonly id: number
  readonly cpu: number
  readonly text: string
  /** Milliseconds of performance.now(). */
  readonly started: number
  /** Undefined while it runs. */
  end: LiveEnd | undefined
  took: number
  readonly ended: Promise<LiveEnd>
  /** What it printed that nobody has seen. */
  kept: string[]
}

/** What starts a job, but its number. */
export type Order = Omit<LiveOrder, 'job'>

/** The jobs of a shell. */
export class Jobs {
  readonly #jobs = new Map<number, Job>()
  #last = 0

  /** All that run or have not been told of, by number. */
  all(): readonly Job[] {
    return [...this.#jobs.values()]
  }

  /** Those that run. */
  running(): readonly Job[] {
    return this.all().filter(({ end }) => end === undefined)
  }

  /** Job on a CPU. */
  on(cpu: number): Job | undefined {
    return this.running().find((job) => job.cpu === cpu)
  }

  get(id: number): Job | undefined {
    return this.#jobs.get(id)
  }

  /** Starts a job; undefined if no CPU is idle. `sink` undefined: what it prints is kept. */
  start(machine: LiveMachine, order: Order, text: string, sink: LiveSink | undefined): Job | undefined {
    const id = (this.#jobs.size === 0 ? 0 : this.#last) + 1
    const kept: string[] = []
    const keep: LiveSink = { out: (line) => void kept.push(line), err: (line) => void kept.push(`${line}\n`) }
    const live: LiveJob | undefined = machine.start({ ...order, job: id }, sink ?? keep)
    if (live === undefined) return undefined
    const job: Job = {
      id,
      cpu: live.cpu,
      text,
      started: performance.now(),
      end: undefined,
      took: 0,
      ended: live.ended,
      kept,
    }
    this.#last = id
    this.#jobs.set(id, job)
    void this.#watch(job)
    return job
  }

  async #watch(job: Job): Promise<void> {
    const end = await job.ended
    job.end = end
    job.took = performance.now() - job.started
  }

  /** It has been told of. */
  forget(job: Job): void {
    this.#jobs.delete(job.id)
  }
}
