/**
 * Takes units from a queue and runs them here, until nothing is left to do.
 *
 * Taken over   a worker that gives no sign for a while loses its unit to another. It renews its hold on the event loop, so units run
 *              in processes of their own.
 * Set aside    what is no unit of this version fails for good at once, and is told; it stops nobody.
 * Kept         a result is in the queue (or in the folder that workers share) before the job is done: who takes a unit over that has
 *              a result runs nothing.
 */
import type { Job } from 'bullmq'
import type { Unit, UnitResult } from '../../results/campaign.ts'
import { runUnit, type Place } from '../child.ts'
import type { FileFolder } from '../files.ts'
import type { Store } from '../store.ts'
import { Turns } from '../turns.ts'
import { unitFrom, type Understand } from '../unit.ts'
import type { Link } from './link.ts'
import { pause } from '../pause.ts'

/** How often it is asked whether anything is left, and how long a unit that is for others is left to them. */
const LOOK_MS = 1_000
const OTHERS_MS = 5_000
/** A unit that has ended so many workers is not given to another. */
const MOST_STALLED = 5

/** What a worker is told to do. */
export interface WorkPlan {
  readonly link: Link
  readonly place: Omit<Place, 'wordsHere'>
  readonly jobs: number
  /** After so long without a sign a unit goes to another worker. */
  readonly takeoverMs: number
  readonly files: FileFolder
  readonly allowFiles: boolean
  /** A folder that workers share, for results; undefined: they go through the queue. */
  readonly store: Store | undefined
  /** Go on waiting when nothing is left. */
  readonly stay: boolean
  readonly understand: Understand
  readonly listener: WorkListener
}

/** Hears of what goes on. */
export interface WorkListener {
  readonly done: (result: UnitResult) => void
  readonly tell: (text: string) => void
}

class Shift {
  readonly #plan: WorkPlan
  readonly #turns = new Turns()
  /** Units with files that this worker may not run. */
  readonly foreign = new Set<string>()

  constructor(plan: WorkPlan) {
    this.#plan = plan
  }

  /** What BullMQ calls for each job. What it throws decides what becomes of the job. */
  readonly process = async (job: Job, token?: string): Promise<string> => {
    const { link, understand, allowFiles, store, place, listener } = this.#plan
    const { UnrecoverableError, WaitingError } = link.bullmq
    const unit = await unitFrom(job.data, link.version, understand).catch((error: Error) => error)
    const why =
      unit instanceof Error ? unit.message : unit.id === job.id ? '' : 'it is not the unit of its name'
    if (unit instanceof Error || why !== '') {
      const told = `set aside: job ${String(job.id).slice(0, 60)}: ${why}`
      listener.tell(told)
      throw new UnrecoverableError(told)
    }
    if ((await link.has(unit.id)) || store?.has(unit.id) === true) return this.#keepNote(unit)
    if (Object.keys(unit.files).length > 0 && !allowFiles) return this.#leaveToOthers(job, unit, token)
    const end = await this.#turns.take(unit.exclusive)
    try {
      if (!place.signal.aborted) {
        await this.#fetchFiles(unit)
        const what = await runUnit(
          unit,
          { ...place, wordsHere: this.#plan.files.words },
          job.attemptsMade + 1,
        )
        if ('schema' in what) return await this.#keep(what)
        if (!place.signal.aborted) throw new (what.hopeless ? UnrecoverableError : Error)(what.why)
      }
    } finally {
      end()
    }
    await job.moveToWait(token)
    throw new WaitingError()
  }

  /** A result that is in the folder, and that the queue has not heard of. */
  async #keepNote({ id }: Unit): Promise<string> {
    const { store, link } = this.#plan
    if (store?.has(id) === true) await link.put(store.get(id), false)
    return 'there is a result'
  }

  async #keep(result: UnitResult): Promise<string> {
    const { store, link, listener } = this.#plan
    store?.put(result)
    if (await link.put(result, store === undefined)) listener.done(result)
    return result.ok ? 'ok' : 'finding'
  }

  async #leaveToOthers(job: Job, { id }: Unit, token: string | undefined): Promise<string> {
    const { listener, link } = this.#plan
    if (!this.foreign.has(id))
      listener.tell(`unit ${id} runs files of a user, and is left to workers with --allow-files`)
    this.foreign.add(id)
    await job.moveToDelayed(Date.now() + OTHERS_MS, token)
    throw new link.bullmq.DelayedError()
  }

  async #fetchFiles({ files }: Unit): Promise<void> {
    const { link } = this.#plan
    for (const [path, hash] of Object.entries(files)) {
      const content = await link.redis.hget(link.key('files'), hash)
      if (content === null) throw new link.bullmq.UnrecoverableError(`${path}: the queue has not got it`)
      this.#plan.files.add(path, hash, content)
    }
  }
}

/** Works until nothing is left, or the signal of its place. */
export async function work(plan: WorkPlan): Promise<void> {
  const { link, place, jobs, takeoverMs, listener, stay } = plan
  const shift = new Shift(plan)
  const { Worker, Queue } = link.bullmq
  /** A job whose data are no JSON must reach the place where it is set aside. */
  class UnitWorker extends Worker {
    protected override createJob(data: never, id: string): Job {
      try {
        return super.createJob(data, id)
      } catch {
        return super.createJob({ ...(data as object), data: '"no JSON"' } as never, id)
      }
    }
  }
  const worker = new UnitWorker(link.queueName, shift.process, {
    connection: link.redis,
    concurrency: jobs,
    name: place.worker,
    lockDuration: takeoverMs,
    stalledInterval: Math.ceil(takeoverMs / 2),
    maxStalledCount: MOST_STALLED,
    drainDelay: 1,
    runRetryDelay: LOOK_MS,
  })
  let said = ''
  worker.on('error', ({ message }) => {
    if (message !== said) listener.tell(`the queue says: ${message}`)
    said = message
  })
  worker.on('stalled', (id) => listener.tell(`unit ${id} is taken over: who had it gave no sign`))
  const queue = new Queue(link.queueName, { connection: link.redis })
  queue.on('error', () => {})
  const left = async (): Promise<number> => {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
    return Object.values(counts).reduce((sum, n) => sum + n, 0)
  }
  try {
    for (;;) {
      if (place.signal.aborted || (!stay && (await left()) <= shift.foreign.size)) break
      await pause(LOOK_MS, place.signal)
    }
  } finally {
    await worker.close()
    await queue.close()
  }
}
