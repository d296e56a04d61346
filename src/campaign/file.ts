/**
 * The campaign file, `lockstorm/campaign@1`: what a user writes. docs/campaign.schema.json says the same to editors.
 */
import { readFileSync } from 'node:fs'
import {
  anObject,
  flag,
  identifier,
  isObject,
  mustHave,
  several,
  ShapeError,
  text,
  whole,
  word,
  wrongField,
  type Check,
} from '../define/shape.ts'

/** Name of the schema. */
export const CAMPAIGN_SCHEMA = 'lockstorm/campaign@1'

/** What stands for a name in braces: everything there is, some, or a range of whole numbers. */
export type Choice = 'all' | readonly (string | number)[] | { readonly from: number; readonly to: number }

/** One line of the campaign: a command line, how often, and what it must come to. */
export interface Entry {
  /** What follows `lockstorm`; names in braces stand for what `for` gives them. */
  readonly run: string
  readonly for?: Readonly<Record<string, Choice>>
  /** The exit code that is as expected. Absent: 0, and 1 of a torture type that is wrong on purpose. */
  readonly expect?: 0 | 1
  /** How long each command is thought to take before it is cut, seconds. */
  readonly seconds?: number
  readonly exclusive?: boolean
  readonly load?: number
  /** Pieces that each command is cut into; absent: of some 30 s each, where it can be cut. */
  readonly cut?: number
}

/** See the head of this file. */
export interface Campaign {
  readonly name: string
  readonly entries: readonly Entry[]
}

const MOST = 1_000_000
const MOST_SECONDS = 100_000_000

const isRange = (value: unknown): boolean => {
  if (!isObject(value) || Object.keys(value).toSorted().join() !== 'from,to') return false
  const { from, to } = value
  const from0 = whole(0, 2 ** 32).holds(from)
  return from0 && whole(Number(from), Number(from) + MOST).holds(to)
}

const choice: Check = {
  accepts: '"all", a list of names or numbers, or a range such as {"from": 1, "to": 9}',
  holds: (value) =>
    value === 'all' ||
    isRange(value) ||
    several(1, MOST, 'names', (one) => text.holds(one) || whole(0, 2 ** 32).holds(one)).holds(value),
}

const CAMPAIGN = {
  '$schema?': text,
  schema: word(CAMPAIGN_SCHEMA),
  name: identifier,
  entries: several(1, 10_000, 'entries', () => true),
}

const ENTRY = {
  run: text,
  'for?': anObject,
  'expect?': { accepts: '0 or 1', holds: (value: unknown) => value === 0 || value === 1 },
  'seconds?': {
    accepts: 'a number of seconds above 0',
    holds: (value: unknown) => typeof value === 'number' && value > 0 && value <= MOST_SECONDS,
  },
  'exclusive?': flag,
  'load?': whole(0, 64),
  'cut?': whole(1, 10_000),
}

function mustBeEntry(value: unknown, i: number): void {
  const at = `entries[${i}].`
  mustHave(value, ENTRY, 'an entry', at)
  for (const [name, one] of Object.entries((value as Entry).for ?? {})) {
    if (!choice.holds(one)) throw wrongField(`${at}for.${name}`, choice.accepts, one)
  }
}

/** The campaign in a text. @throws ShapeError that names the field */
export function campaignFrom(json: string): Campaign {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new ShapeError(`it is no JSON: ${(error as Error).message}`)
  }
  mustHave(value, CAMPAIGN, 'a campaign')
  const campaign = value as Campaign
  campaign.entries.forEach(mustBeEntry)
  return campaign
}

/** @throws ShapeError that names the file, and the field where that is what is wrong */
export function readCampaign(path: string): Campaign {
  try {
    return campaignFrom(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof ShapeError) throw new ShapeError(`${path}: ${error.message}`)
    throw new ShapeError(`${path}: it cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
