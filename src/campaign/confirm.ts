/**
 * Is a finding so? A schedule is replayed and must end as it did; a command that is short is run once more.
 */
import type { Replays } from '../explore/jobs.ts'
import type { Finding, Unit } from '../results/campaign.ts'
import { runUnit, type Place } from './child.ts'
import type { FileFolder } from './files.ts'

/** Longer commands are not run again to confirm what they found, seconds. */
const MOST_S = 60

/** Where units are run again. */
export interface Again {
  readonly place: Omit<Place, 'wordsHere'>
  readonly files: FileFolder
  readonly allowFiles: boolean
}

/** `confirmed`, or why that is not known. */
export async function confirmed(
  finding: Finding,
  unit: Unit,
  { place, files, allowFiles }: Again,
): Promise<string> {
  const { again, schedule, outcome, title } = finding
  if (Object.keys(unit.files).length > 0) {
    if (!allowFiles) return 'not run again: it runs files of a user: give --allow-files'
    if (!files.has(unit)) return 'not run again: the files of the user are not in the folder'
  }
  if (!schedule && unit.seconds > MOST_S) return `not run again: it takes some ${unit.seconds.toFixed(0)} s`
  const one: Unit = { ...unit, words: again, load: 0 }
  const what = await runUnit(one, { ...place, wordsHere: (it) => files.words(it) }, 1)
  if (!('schema' in what)) return `not confirmed: ${what.why}`
  if (schedule) {
    const replays = (what.result as { result?: Replays } | null)?.result
    return replays?.first.outcome === outcome
      ? 'confirmed'
      : `not confirmed: its replay came to ${replays?.first.outcome ?? 'nothing'}`
  }
  return what.findings.some((other) => other.title === title)
    ? 'confirmed'
    : 'not seen again in one more run: it depends on timing'
}
