/**
 * The connection to a queue: Redis, or what speaks like it, and BullMQ on it. Both packages are optional: they are loaded when a
 * queue is asked for.
 *
 * Keys   everything of a version begins with `lockstorm:<version>:`, so that versions do not meet. `plan` the plan, `results` a hash
 *        of results by unit, compressed, `told` a hash of what status needs of each, `files` files of the user's by hash.
 *
 * Invariant   the first result of a unit stays (HSETNX); whether BullMQ hears of it is another matter.
 */
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Redis } from 'ioredis'
import type { Plan, UnitResult } from '../../results/campaign.ts'

/** A queue that cannot be reached or used, in one line without its password. */
export class QueueError extends Error {
  override readonly name: string = 'QueueError'
}

/** What is known of a unit that is done, without what it wrote. */
export interface Note {
  readonly ok: boolean
  readonly tookS: number
  readonly worker: string
  readonly atMs: number
  readonly titles: readonly string[]
}

/** The address as it may be shown. */
export function shownUrl(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@')
}

async function packages(): Promise<{ Redis: typeof Redis; bullmq: typeof import('bullmq') }> {
  try {
    const [{ Redis: client }, bullmq] = await Promise.all([import('ioredis'), import('bullmq')])
    return { Redis: client, bullmq }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new QueueError(
      '--queue needs the packages bullmq and ioredis, which are not installed: npm install bullmq ioredis',
    )
  }
}

/** Characters that a name of BullMQ's must not have are none of a version's. */
const nameOf = (version: string): string => `lockstorm-${version}`

/** See the head of this file. Dispose of it when done. */
export class Link {
  readonly redis: Redis
  readonly bullmq: typeof import('bullmq')
  readonly version: string
  readonly shown: string

  private constructor(redis: Redis, bullmq: typeof import('bullmq'), version: string, shown: string) {
    this.redis = redis
    this.bullmq = bullmq
    this.version = version
    this.shown = shown
  }

  /** @throws QueueError if nobody answers, or the packages are not installed */
  static async open(url: string, version: string): Promise<Link> {
    const { Redis: client, bullmq } = await packages()
    const redis = new client(url, { maxRetriesPerRequest: null, lazyConnect: true, enableReadyCheck: true })
    let last = ''
    // Once it has answered, it may go and come back: commands wait for it.
    redis.on('error', (error: Error) => (last = error.message))
    try {
      await Promise.race([redis.connect(), refused(redis)])
      await redis.ping()
    } catch (error) {
      redis.disconnect()
      throw new QueueError(
        `--queue ${shownUrl(url)}: it does not answer: ${last || (error as Error).message}`,
      )
    }
    return new Link(redis, bullmq, version, shownUrl(url))
  }

  get queueName(): string {
    return nameOf(this.version)
  }

  key(what: 'plan' | 'results' | 'told' | 'files'): string {
    return `lockstorm:${this.version}:${what}`
  }

  /** The plan that was submitted; undefined if there is none of this version. */
  async plan(): Promise<Plan | undefined> {
    const text = await this.redis.get(this.key('plan'))
    return text === null ? undefined : (JSON.parse(text) as Plan)
  }

  /** @throws QueueError that names the versions of which there are campaigns */
  async mustHavePlan(): Promise<Plan> {
    const plan = await this.plan()
    if (plan !== undefined) return plan
    const others = await this.redis.hkeys('lockstorm:versions')
    const rest = others.length === 0 ? 'no campaign at all' : `campaigns of ${others.toSorted().join(', ')}`
    throw new QueueError(
      `--queue ${this.shown}: it has no campaign of this version, ${this.version}; it has ${rest}`,
    )
  }

  /** Keeps a result and what is told of it. Returns false if the unit has one: that stays. */
  async put(result: UnitResult, keep: boolean): Promise<boolean> {
    const { unit, ok, tookS, worker, findings } = result
    if (keep) await this.redis.hsetnx(this.key('results'), unit.id, gzipSync(JSON.stringify(result)))
    const note: Note = { ok, tookS, worker, atMs: Date.now(), titles: findings.map(({ title }) => title) }
    return (await this.redis.hsetnx(this.key('told'), unit.id, JSON.stringify(note))) === 1
  }

  async has(id: string): Promise<boolean> {
    return (await this.redis.hexists(this.key('told'), id)) === 1
  }

  /** What is told of every unit that is done. */
  async notes(): Promise<Map<string, Note>> {
    const all = await this.redis.hgetall(this.key('told'))
    return new Map(Object.entries(all).map(([id, text]) => [id, JSON.parse(text) as Note]))
  }

  /** The results that came through the queue, in pieces of some hundred. */
  async *results(): AsyncGenerator<UnitResult> {
    let cursor = '0'
    do {
      const [next, pairs] = await this.redis.hscanBuffer(this.key('results'), cursor, 'COUNT', 100)
      for (let i = 1; i < pairs.length; i += 2) {
        yield JSON.parse(gunzipSync(pairs[i] as Buffer).toString()) as UnitResult
      }
      cursor = String(next)
    } while (cursor !== '0')
  }

  /** Jobs that have failed for good: units that broke, and what was set aside. Read without trusting what they hold. */
  async failed(): Promise<{ readonly id: string; readonly why: string }[]> {
    const prefix = `bull:${this.queueName}`
    const ids = await this.redis.zrange(`${prefix}:failed`, '0', '-1')
    return Promise.all(
      ids.map(async (id) => ({ id, why: (await this.redis.hget(`${prefix}:${id}`, 'failedReason')) ?? '' })),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect()
    await Promise.resolve()
  }
}

/** Rejects when the connection has been refused for the first time. */
function refused(redis: Redis): Promise<never> {
  return new Promise((_, reject) => {
    redis.once('close', () => reject(new Error('the connection was closed')))
  })
}
