/**
 * Puts a campaign into a queue: its plan, files of the user's, and a job for each unit that has no result yet.
 */
import type { Plan, Unit } from '../../results/campaign.ts'
import { BACKOFF_MS, TRIES } from '../run.ts'
import { QueueError, type Link } from './link.ts'

const BATCH = 1_000

/** What came of it. */
export interface Submitted {
  readonly units: number
  /** With results from before. */
  readonly done: number
  /** Units that had failed for good and are tried again. */
  readonly again: number
}

/** Every job is kept: those that are done keep a unit from being added twice. */
const optionsOf = ({ id }: Unit): object => ({
  jobId: id,
  attempts: TRIES,
  backoff: { type: 'exponential', delay: BACKOFF_MS },
  removeOnComplete: false,
  removeOnFail: false,
})

/** Submits it. @throws QueueError if there is another of this version, unless `replace` */
export async function submit(
  link: Link,
  plan: Plan,
  contents: ReadonlyMap<string, string>,
  replace: boolean,
): Promise<Submitted> {
  const { redis, bullmq, version, queueName } = link
  const queue = new bullmq.Queue(queueName, { connection: redis })
  queue.on('error', () => {})
  try {
    const there = await link.plan()
    if (there !== undefined && there.id !== plan.id) {
      if (!replace)
        throw new QueueError(
          `--queue ${link.shown}: it has campaign ${there.name} of this version: give --replace to drop that`,
        )
      await queue.obliterate({ force: true })
      await redis.del(link.key('results'), link.key('told'), link.key('files'))
    }
    await redis.hset('lockstorm:versions', version, new Date().toISOString())
    await redis.set(link.key('plan'), JSON.stringify(plan))
    for (const [hash, content] of contents) await redis.hsetnx(link.key('files'), hash, content)
    const done = await link.notes()
    const open = plan.units.filter(({ id }) => !done.has(id))
    const again = new Set((await link.failed()).map(({ id }) => id))
    const retried = open.filter(({ id }) => again.has(id))
    // A job that is there is not added again, whatever has become of it.
    for (const { id } of retried) await queue.remove(id)
    for (let i = 0; i < open.length; i += BATCH) {
      const some = open.slice(i, i + BATCH)
      await queue.addBulk(some.map((unit) => ({ name: 'unit', data: unit, opts: optionsOf(unit) })))
    }
    return { units: plan.units.length, done: plan.units.length - open.length, again: retried.length }
  } finally {
    await queue.close()
  }
}
