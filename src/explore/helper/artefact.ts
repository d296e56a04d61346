/**
 * What a failed test leaves for whoever was not there: a file with the failing schedule, which `replayFile` runs again.
 *
 * Where   the option `artefacts` of mustHold and its kin, or the environment's LOCKSTORM_ARTEFACTS: a folder. Each program has a file
 *         of its own there, so a later failure of the same program takes the place of the earlier one.
 * Whose   a program that has a name is known by it and may have changed since: that is how a repair is tried. One without a name is
 *         known by the text of its bodies and checks. A file of another program is refused, never replayed.
 */
import type { Replayed } from '../explore.ts'
import type { Failure } from '../verdict.ts'
import type { AsyncProgram } from './async_stage.ts'
import { builtin, hostProcess } from './builtin.ts'
import { replayAsync } from './explore_async.ts'
import { replay } from './explore_sync.ts'
import { identityOf, type Identity } from './identity.ts'
import type { Program } from './program.ts'
import { RefusedError } from './refused.ts'

const FORMAT = 'lockstorm-explore-1'
const VARIABLE = 'LOCKSTORM_ARTEFACTS'
const HEX = 16

type Either = Program | AsyncProgram

/** One failure, as it is kept. */
interface Artefact extends Identity {
  readonly format: typeof FORMAT
  readonly kind: string
  readonly message: string
  readonly replay: string
  readonly ladder: readonly string[]
}

interface Files {
  mkdirSync(path: string, options: { recursive: true }): unknown
  writeFileSync(path: string, text: string): void
  readFileSync(path: string, encoding: 'utf8'): string
}

function files(): Files {
  const found = builtin('node:fs')
  if (found !== undefined) return found as Files
  throw new RefusedError(
    'ERR_EXPLORE_BAD_ARTEFACT',
    'this runtime has no files to keep a failure in: give the replay string of the message to replay()',
  )
}

/** The folder that failures are kept in, if one is given. */
export function artefactFolder(given: string | undefined): string | undefined {
  const folder = given ?? hostProcess()?.env?.[VARIABLE]
  return folder === '' ? undefined : folder
}

/** Keeps a failure. Returns the path of its file. */
export function keepFailure(folder: string, identity: Identity, failure: Failure): string {
  const { kind, message, replay: schedule, ladder } = failure
  const artefact: Artefact = { format: FORMAT, ...identity, kind, message, replay: schedule, ladder }
  const own = identity.name === '' ? `program-${identity.text.toString(HEX)}` : identity.name
  const path = `${folder}/${own.replaceAll(/[^\w.-]/g, '_')}.json`
  const fs = files()
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path, `${JSON.stringify(artefact, null, 2)}\n`)
  return path
}

function bad(message: string, cause?: unknown): RefusedError {
  return new RefusedError('ERR_EXPLORE_BAD_ARTEFACT', message, cause === undefined ? undefined : { cause })
}

function parsed(path: string): Artefact {
  let found: unknown
  try {
    found = JSON.parse(files().readFileSync(path, 'utf8'))
  } catch (error) {
    throw bad(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, error)
  }
  const { format, replay: schedule } = (found ?? {}) as Partial<Artefact>
  if (format === FORMAT && typeof schedule === 'string') return found as Artefact
  throw bad(`${path} is not a failure that the explorer has kept: its format is not '${FORMAT}'`)
}

/** The schedule of the file, if it is about this program. */
function scheduleFor(program: Either, path: string): string {
  const kept = parsed(path)
  const mine = identityOf(program)
  const of = (name: string): string => (name === '' ? 'a program without a name' : `program '${name}'`)
  if (kept.name !== mine.name) throw bad(`${path} is about ${of(kept.name)}, not ${of(mine.name)}`)
  if (kept.threads !== mine.threads || kept.bytes !== mine.bytes) {
    throw bad(
      `${path} is about a program of ${kept.threads} bodies and ${kept.bytes} bytes, not ${mine.threads} and ${mine.bytes}`,
    )
  }
  if (mine.name !== '' || kept.text === mine.text) return kept.replay
  throw bad(
    `${path} is about other bodies than these: a program that is to be replayed after a change needs a name`,
  )
}

/**
 * Runs the schedule of a kept failure again.
 * @throws RefusedError if the file is none, or about another program
 */
export function replayFile(program: Program, path: string): Replayed {
  return replay(program, scheduleFor(program, path))
}

/** `replayFile` for async bodies. */
export async function replayFileAsync(program: AsyncProgram, path: string): Promise<Replayed> {
  return replayAsync(program, scheduleFor(program, path))
}
