/**
 * How far a campaign in a queue is: what is done and found, how fast it goes, and how long the rest is thought to take.
 */
import type { CampaignStatus, Unit } from '../../results/campaign.ts'
import type { Link, Note } from './link.ts'

/** Only what was done so lately says how fast it goes now. */
const LATELY_MS = 600_000

/** Units and estimated seconds of work per second, of those done of late. */
function paceOf(
  notes: ReadonlyMap<string, Note>,
  units: ReadonlyMap<string, Unit>,
): { units: number; work: number } | null {
  const recent = [...notes].filter(([, { atMs }]) => atMs > Date.now() - LATELY_MS)
  const begin = Math.min(...recent.map(([, { atMs, tookS }]) => atMs - tookS * 1000))
  const seconds = (Date.now() - begin) / 1000
  if (recent.length < 2 || seconds <= 0) return null
  const work = recent.reduce((sum, [id]) => sum + (units.get(id)?.seconds ?? 0), 0)
  return { units: recent.length / seconds, work: work / seconds }
}

/** Asks the queue. @throws QueueError if it has no campaign of this version */
export async function statusOf(link: Link): Promise<CampaignStatus> {
  const plan = await link.mustHavePlan()
  const units = new Map(plan.units.map((unit) => [unit.id, unit]))
  const queue = new link.bullmq.Queue(link.queueName, { connection: link.redis })
  queue.on('error', () => {})
  try {
    const [notes, failed] = await Promise.all([link.notes(), link.failed()])
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed')
    const pace = paceOf(notes, units)
    const rest = plan.units.filter(({ id }) => !notes.has(id))
    const workers: Record<string, number> = {}
    for (const { worker } of notes.values()) workers[worker] = (workers[worker] ?? 0) + 1
    return {
      name: plan.name,
      version: plan.version,
      units: plan.units.length,
      done: [...notes.keys()].filter((id) => units.has(id)).length,
      waiting: counts['waiting'] ?? 0,
      active: counts['active'] ?? 0,
      delayed: counts['delayed'] ?? 0,
      findings: [...new Set([...notes.values()].flatMap(({ titles }) => titles))],
      failed,
      perMinute: pace === null ? null : pace.units * 60,
      leftS: pace === null ? null : rest.reduce((sum, { seconds }) => sum + seconds, 0) / pace.work,
      workers,
    }
  } finally {
    await queue.close()
  }
}
