/**
 * How many creates were at work at once: a sweep over the starts and ends of the pieces of work of a round.
 */
import { WORK_CREATE, type Work } from '../../../mdev/work_log.ts'

/** Figures of one round. */
export interface InFlight {
  /** Time-weighted, from the first start to the last end. */
  readonly mean: number
  readonly max: number
  readonly maxPerParent: number
}

/** Largest number of intervals that overlap. One that begins when another ends does not overlap it. */
export function mostAtOnce(works: readonly Work[]): number {
  const events = works.flatMap(({ startNs, endNs }) => [
    { at: startNs, step: 1 },
    { at: endNs, step: -1 },
  ])
  events.sort((a, b) => a.at - b.at || a.step - b.step)
  let now = 0
  let most = 0
  for (const { step } of events) {
    now += step
    if (now > most) most = now
  }
  return most
}

/** In-flight figures of the creates among the pieces of work; zeros without any. */
export function inFlight(works: readonly Work[]): InFlight {
  const creates = works.filter((work) => work.operation === WORK_CREATE)
  if (creates.length === 0) return { mean: 0, max: 0, maxPerParent: 0 }
  let busy = 0
  let first = Infinity
  let last = 0
  const byParent = new Map<number, Work[]>()
  for (const work of creates) {
    busy += work.endNs - work.startNs
    first = Math.min(first, work.startNs)
    last = Math.max(last, work.endNs)
    const siblings = byParent.get(work.parent)
    if (siblings === undefined) byParent.set(work.parent, [work])
    else siblings.push(work)
  }
  return {
    mean: busy / Math.max(1, last - first),
    max: mostAtOnce(creates),
    maxPerParent: Math.max(...[...byParent.values()].map(mostAtOnce)),
  }
}
