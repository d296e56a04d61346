/**
 * What campaigns leave behind: the plan `lockstorm/plan@1`, one `lockstorm/unit@1` for each unit that has been run, and what they add
 * up to, `lockstorm/campaign-result@1`.
 *
 * Rule   fields are only ever added. A reader ignores what it does not know.
 */

/** Names of the schemas. */
export const PLAN_SCHEMA = 'lockstorm/plan@1'
export const UNIT_SCHEMA = 'lockstorm/unit@1'
export const MERGED_SCHEMA = 'lockstorm/campaign-result@1'

/** One unit of work: a command line of one version, which does the same wherever it runs. */
export interface Unit {
  /** Hash of everything below that decides what it does. */
  readonly id: string
  /** Of the code that planned it; no other runs it. */
  readonly version: string
  /** What follows `lockstorm` on the command line. */
  readonly words: readonly string[]
  /** The exit code that is as expected; 1 of a control, which must be caught. */
  readonly expect: 0 | 1
  /** How long it is thought to take, seconds. */
  readonly seconds: number
  /** It times something, so that nothing else of the campaign runs beside it on its machine. */
  readonly exclusive: boolean
  /** Processes per core that keep the machine busy while it runs. */
  readonly load: number
  /** The line of the campaign file that it is of. */
  readonly entry: string
  /** Files of the user's among its words, each with the SHA-256 of what it holds. */
  readonly files: Readonly<Record<string, string>>
}

/** All units of a campaign. */
export interface Plan {
  readonly schema: typeof PLAN_SCHEMA
  readonly name: string
  readonly version: string
  /** Hash of the ids of its units. */
  readonly id: string
  readonly units: readonly Unit[]
}

/** Something that was found. Findings of one title are one. */
export interface Finding {
  readonly title: string
  readonly text: string
  /** What shows it again, after `lockstorm`. */
  readonly again: readonly string[]
  /** A schedule shows it each time; a command line alone may need luck. */
  readonly schedule: boolean
  /** The smaller, the better it is understood: preemptions, then steps of a schedule. */
  readonly size: readonly [preemptions: number, steps: number]
  /** How a replay of the schedule must end. */
  readonly outcome?: string
}

/** What became of a unit: its command came to an end, and this is what it said. */
export interface UnitResult {
  readonly schema: typeof UNIT_SCHEMA
  readonly unit: Unit
  /** Exit code. */
  readonly code: number
  /** It ended as expected. */
  readonly ok: boolean
  readonly findings: readonly Finding[]
  /** Of the command, from start to end. */
  readonly tookS: number
  /** Who ran it, at which try, and when it ended. */
  readonly worker: string
  readonly attempt: number
  readonly date: string
  /** What the command wrote with `--json`; null if it wrote nothing. */
  readonly result: unknown
}

/** A unit that has come to no result at any try. */
export interface Broke {
  readonly unit: Unit
  readonly why: string
  readonly worker: string
  readonly attempts: number
}

/** One line of the campaign file, added up. */
export interface MergedEntry {
  readonly entry: string
  readonly units: number
  readonly done: number
  readonly findings: number
  readonly tookS: number
  /** What was done in all, by name: executions, programs, rounds. */
  readonly counts: Readonly<Record<string, number>>
  /** What follows of all its units together, in sentences. */
  readonly says: readonly string[]
}

/** A finding, with the units that show it. */
export interface MergedFinding extends Finding {
  readonly units: readonly string[]
  /** What running it again came to: `confirmed`, or why that is not known. */
  readonly confirmed: string
}

/** A campaign, added up. */
export interface Merged {
  readonly schema: typeof MERGED_SCHEMA
  readonly name: string
  readonly version: string
  readonly units: number
  readonly done: number
  readonly tookS: number
  readonly workers: readonly string[]
  readonly entries: readonly MergedEntry[]
  readonly findings: readonly MergedFinding[]
  /** Units without a result, and what is known of why. */
  readonly missing: readonly { readonly unit: Unit; readonly why: string }[]
  /** Results that are not of this plan, and why each is not counted. */
  readonly refused: readonly string[]
}

/** How far a campaign in a queue is. */
export interface CampaignStatus {
  readonly name: string
  readonly version: string
  readonly units: number
  readonly done: number
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  /** Titles of what was found. */
  readonly findings: readonly string[]
  /** Units that came to nothing, and jobs that were no units: why. */
  readonly failed: readonly { readonly id: string; readonly why: string }[]
  /** Units per minute of late; null before two are done. */
  readonly perMinute: number | null
  /** Seconds until all are done, if it goes on like this; null while nobody knows. */
  readonly leftS: number | null
  /** Units done by worker. */
  readonly workers: Readonly<Record<string, number>>
}
