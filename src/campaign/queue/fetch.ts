/**
 * Brings what a queue has of a campaign into a folder, so that it can be merged there: results, files, why units came to nothing.
 */
import { TRIES } from '../run.ts'
import type { FileFolder } from '../files.ts'
import type { Store } from '../store.ts'
import type { Link } from './link.ts'

/** Fetches it. @throws QueueError if the queue has no campaign of this version; ShapeError if the folder is another's */
export async function fetchInto(link: Link, store: Store, files: FileFolder): Promise<void> {
  const plan = await link.mustHavePlan()
  store.open(plan)
  for await (const result of link.results()) store.put(result)
  const contents = await link.redis.hgetall(link.key('files'))
  const units = new Map(plan.units.map((unit) => [unit.id, unit]))
  for (const { files: named } of units.values()) {
    for (const [path, hash] of Object.entries(named)) files.add(path, hash, contents[hash] ?? '')
  }
  for (const { id, why } of await link.failed()) {
    const unit = units.get(id)
    if (unit !== undefined && !store.has(id))
      store.noteBroke({ unit, why, worker: 'a worker', attempts: TRIES })
  }
}
