/**
 * A unit of a campaign: a command line of lockstorm that has been parsed and found harmless. Who plans one and who is about to run
 * one ask the same: a worker trusts no queue.
 *
 * Refused   other versions; words that no command understands; commands that start units themselves; results and pages, which go
 *           where the campaign puts them; files, but those that the unit names with the hash of what they hold.
 */
import { createHash } from 'node:crypto'
import { isPath } from '../define/is_path.ts'
import { anObject, flag, identifier, mustHave, several, ShapeError, text, whole } from '../define/shape.ts'
import type { Unit } from '../results/campaign.ts'
import { lineOf } from './words.ts'

/** What a command line comes to. */
export interface Understood {
  /** `explore fuzz`. */
  readonly command: string
  readonly operands: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
  /** Flags that were given by which it writes files. */
  readonly writes: readonly string[]
}

/** The command line's own parser. @throws Error with one line that says what is wrong */
export type Understand = (words: readonly string[]) => Promise<Understood>

/** What a unit may run: it judges or measures, and starts nothing else. */
const COMMANDS = [
  'storm',
  'scenario',
  'explore',
  'torture',
  'bench',
  'conformance',
  'litmus',
  'lockdep',
  'selftest',
]
const MOST_WORDS = 200
const HASH = /^[0-9a-f]{64}$/
/** A file travels as one file of a plain name. */
const PLAIN = /^[\w][\w.-]{0,80}\.[cm]?[jt]s$/

const UNIT = {
  id: identifier,
  version: text,
  words: several(1, MOST_WORDS, 'words', (word) => text.holds(word) && (word as string).length < 2000),
  expect: { accepts: '0 or 1', holds: (value: unknown) => value === 0 || value === 1 },
  seconds: {
    accepts: 'a number of seconds',
    holds: (value: unknown) => typeof value === 'number' && value > 0 && value < 1e9,
  },
  exclusive: flag,
  load: whole(0, 64),
  entry: text,
  files: anObject,
}

/** The id of a unit: the same wherever it is planned. */
export function idOf({ version, words, expect, exclusive, load, files }: Omit<Unit, 'id'>): string {
  const named = Object.keys(files)
    .toSorted()
    .map((name) => [name, files[name]])
  const what = JSON.stringify([version, words, expect, exclusive, load, named])
  return createHash('sha256').update(what).digest('hex').slice(0, 16)
}

/** The words among these that name files, alone or in a list. A replay string is none, though it has a slash. */
export function pathsIn({ command, operands }: Understood, words: readonly string[]): string[] {
  const replay = command === 'explore replay' ? operands[0] : undefined
  const parts = words.filter((word) => word !== replay).flatMap((word) => word.split(/[,=]/))
  return [...new Set(parts.filter(isPath))]
}

/** @throws Error with one line that says why these words are no unit */
export async function mayRun(words: readonly string[], understand: Understand): Promise<Understood> {
  const line = lineOf(words)
  const help = words.find((word) => ['help', '--help', '-h', '--version', '-V'].includes(word))
  if (help !== undefined) throw new ShapeError(`${line}: it asks for help only`)
  const what = await understand(words)
  const [name = ''] = what.command.split(' ')
  if (!COMMANDS.includes(name))
    throw new ShapeError(`${line}: ${name} is no unit; units are ${COMMANDS.join(', ')}`)
  const [writes] = what.writes
  if (writes !== undefined)
    throw new ShapeError(`${line}: ${writes} is not for units: the campaign keeps results`)
  if (words.includes('--')) throw new ShapeError(`${line}: -- is not for units`)
  return what
}

function mustBeFiles({ files, words }: Unit, paths: readonly string[]): void {
  for (const [name, hash] of Object.entries(files)) {
    if (!HASH.test(hash) || !PLAIN.test(baseOf(name))) {
      throw new ShapeError(`files.${name.slice(0, 80)}: wanted the SHA-256 of a file with a plain name`)
    }
  }
  const stranger = paths.find((path) => !Object.hasOwn(files, path))
  if (stranger !== undefined) {
    throw new ShapeError(`${lineOf(words)}: ${stranger} is outside of what a worker may read`)
  }
}

/** Last part of a path of either kind. */
export function baseOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? ''
}

/**
 * The unit in what somebody sent.
 * @throws Error with one line that says why this is none, or none of this version
 */
export async function unitFrom(value: unknown, version: string, understand: Understand): Promise<Unit> {
  mustHave(value, UNIT, 'a unit')
  const unit = value as Unit
  if (unit.version !== version) {
    throw new ShapeError(
      `unit ${unit.id}: it is of version ${unit.version.slice(0, 60)}, and this is ${version}`,
    )
  }
  mustBeFiles(unit, pathsIn(await mayRun(unit.words, understand), unit.words))
  if (idOf(unit) !== unit.id) throw new ShapeError(`unit ${unit.id}: its id is not the hash of what it says`)
  return unit
}
