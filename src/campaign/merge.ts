/**
 * Adds the results of a campaign up: what each line of the file came to, each finding once, what is missing, what is not of this
 * plan. Runs nothing but what `confirm` is.
 */
import { counted } from '../base/plural.ts'
import {
  MERGED_SCHEMA,
  type Finding,
  type Merged,
  type MergedEntry,
  type MergedFinding,
  type Plan,
  type Unit,
  type UnitResult,
} from '../results/campaign.ts'
import { countsOf, total, wholes } from './counts.ts'
import type { Store } from './store.ts'

/** Runs a finding again, with the unit that shows it: `confirmed`, or why that is not known. */
export type Confirm = (finding: Finding, unit: Unit) => Promise<string>

interface Gathered {
  readonly results: ReadonlyMap<string, UnitResult>
  readonly refused: readonly string[]
}

/** Why a result is none of this plan; undefined if it is one. */
function whyNot(plan: Plan, units: ReadonlyMap<string, Unit>, { unit }: UnitResult): string | undefined {
  if (unit.version !== plan.version)
    return `it is of version ${unit.version}, and the plan is of ${plan.version}`
  return units.has(unit.id) ? undefined : 'the plan has no such unit'
}

/** The results in all folders, one for each unit: of two, the one that found something. */
function gather(plan: Plan, stores: readonly Store[]): Gathered {
  const units = new Map(plan.units.map((unit) => [unit.id, unit]))
  const results = new Map<string, UnitResult>()
  const refused: string[] = []
  for (const store of stores) {
    for (const id of store.ids()) {
      const found = read(store, id)
      const why = typeof found === 'string' ? found : whyNot(plan, units, found)
      if (why !== undefined) refused.push(`${store.folder}: ${id}: ${why}`)
      else if (typeof found !== 'string' && results.get(id)?.ok !== false) {
        if (!results.has(id) || !found.ok) results.set(id, found)
      }
    }
  }
  return { results, refused }
}

function read(store: Store, id: string): UnitResult | string {
  try {
    const found = store.get(id)
    return found.unit.id === id ? found : 'its file has another name than its unit'
  } catch (error) {
    return (error as Error).message
  }
}

const smaller = (a: Finding, b: Finding): boolean => {
  if (a.schedule !== b.schedule) return a.schedule
  return a.size[0] < b.size[0] || (a.size[0] === b.size[0] && a.size[1] < b.size[1])
}

interface Shown {
  readonly best: Finding
  readonly by: Unit
  readonly units: readonly string[]
}

/** Findings by title, each with its smallest. */
function deduped(results: Iterable<UnitResult>): Shown[] {
  const all = new Map<string, Shown>()
  for (const { unit, findings } of results) {
    for (const finding of findings) {
      const before = all.get(finding.title)
      const units = [...(before?.units ?? []), unit.id]
      const isBest = before === undefined || smaller(finding, before.best)
      all.set(finding.title, isBest ? { best: finding, by: unit, units } : { ...before, units })
    }
  }
  return [...all.values()]
}

function entryOf(entry: string, units: readonly Unit[], results: Gathered['results']): MergedEntry {
  const done = units.flatMap(({ id }) => results.get(id) ?? [])
  return {
    entry,
    units: units.length,
    done: done.length,
    findings: done.filter(({ ok }) => !ok).length,
    tookS: done.reduce((sum, { tookS }) => sum + tookS, 0),
    counts: total(done.map(countsOf)),
    says: wholes(done),
  }
}

function byEntry(units: readonly Unit[]): Map<string, Unit[]> {
  const all = new Map<string, Unit[]>()
  for (const unit of units) {
    const mine = all.get(unit.entry)
    if (mine === undefined) all.set(unit.entry, [unit])
    else mine.push(unit)
  }
  return all
}

function whyMissing(stores: readonly Store[], { id }: Unit): string {
  const broke = stores.map((store) => store.whyBroke(id)).find((one) => one !== undefined)
  return broke === undefined
    ? 'it has not been run'
    : `${broke.worker} tried it ${counted(broke.attempts, 'time')}: ${broke.why}`
}

/** Adds up. Costs as long as reading the files, and what `confirm` takes for each title. */
export async function mergedOf(plan: Plan, stores: readonly Store[], confirm: Confirm): Promise<Merged> {
  const { results, refused } = gather(plan, stores)
  const findings: MergedFinding[] = []
  for (const { best, by, units } of deduped(results.values())) {
    findings.push({ ...best, units, confirmed: await confirm(best, by) })
  }
  const entries = [...byEntry(plan.units)].map(([entry, units]) => entryOf(entry, units, results))
  const missing = plan.units.filter(({ id }) => !results.has(id))
  return {
    schema: MERGED_SCHEMA,
    name: plan.name,
    version: plan.version,
    units: plan.units.length,
    done: results.size,
    tookS: entries.reduce((sum, { tookS }) => sum + tookS, 0),
    workers: [...new Set([...results.values()].map(({ worker }) => worker))].toSorted(),
    entries,
    findings,
    missing: missing.map((unit) => ({ unit, why: whyMissing(stores, unit) })),
    refused,
  }
}
