/**
 * Runs units here: those that have no result yet, so many at once, what times something alone. A unit that comes to nothing is
 * tried again after a while; what has been found is never tried again.
 */
import type { Broke, Unit, UnitResult } from '../results/campaign.ts'
import { runUnit, type Place } from './child.ts'
import { pause } from './pause.ts'
import type { Store } from './store.ts'
import { Turns } from './turns.ts'

/** Tries of a unit, and how long is waited after the first that came to nothing; after each further one twice as long. */
export const TRIES = 3
export const BACKOFF_MS = 1_000

/** What is told of a run as it goes on. */
export interface Listener {
  readonly done: (result: UnitResult) => void
  readonly broke: (broke: Broke) => void
}

/** What is to be run, and where results go. */
export interface Shift {
  readonly units: readonly Unit[]
  readonly store: Store
  readonly place: Place
  readonly jobs: number
  readonly listener: Listener
}

/** The unit's result; undefined if the run was interrupted. Throws nothing: what came to nothing is told. */
async function tried(unit: Unit, place: Place): Promise<UnitResult | Broke | undefined> {
  let why = ''
  let attempts = 0
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (place.signal.aborted) return undefined
    const what = await runUnit(unit, place, attempt)
    if ('schema' in what) return what
    if (what.interrupted && place.signal.aborted) return undefined
    why = what.why
    attempts = attempt
    if (attempt === TRIES || what.hopeless) break
    await pause(BACKOFF_MS * 2 ** (attempt - 1), place.signal)
  }
  return { unit, why, worker: place.worker, attempts }
}

/** Runs a shift to its end, or until the place's signal. */
export async function runShift({ units, store, place, jobs, listener }: Shift): Promise<void> {
  const turns = new Turns()
  const open = units.filter(({ id }) => !store.has(id))
  // What runs together first: what runs alone would keep the others waiting.
  const order = [...open.filter(({ exclusive }) => !exclusive), ...open.filter(({ exclusive }) => exclusive)]
  const work = async (): Promise<void> => {
    for (let unit = order.shift(); unit !== undefined && !place.signal.aborted; unit = order.shift()) {
      const end = await turns.take(unit.exclusive)
      const what = await tried(unit, place).finally(end)
      if (what === undefined) return
      if ('schema' in what) {
        if (store.put(what)) listener.done(what)
      } else {
        store.noteBroke(what)
        listener.broke(what)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, order.length) }, work))
}
