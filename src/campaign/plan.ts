/**
 * From a campaign file to its units. The same file and the same version give the same plan everywhere, so that shards need not
 * talk to each other.
 */
import { createHash } from 'node:crypto'
import { ShapeError } from '../define/shape.ts'
import { PLAN_SCHEMA, type Plan, type Unit } from '../results/campaign.ts'
import { pieces } from './cut.ts'
import type { Campaign, Choice, Entry } from './file.ts'
import { allOf, mustFail, mustKnow } from './sets.ts'
import { idOf, mayRun, pathsIn, type Understand, type Understood } from './unit.ts'
import { bracedIn, filled, lineOf, wordsOf } from './words.ts'

/** What a plan is made with. */
export interface Planner {
  readonly version: string
  readonly understand: Understand
  /** The SHA-256 of a file that the campaign names. @throws ShapeError */
  readonly hashOf: (path: string) => string
}

/** How long a command is thought to take that does not say so, seconds. */
const USUAL_S = 30
/** These measure. */
const TIMED = ['storm', 'bench', 'explore rates']

async function valuesOf(choice: Choice, kind: string, at: string): Promise<readonly string[]> {
  if (choice === 'all') return allOf(kind, at)
  if ('from' in choice) {
    const { from, to } = choice
    return Array.from({ length: to - from + 1 }, (_, i) => String(from + i))
  }
  return choice.map(String)
}

/** Every choice of a value for each name, the last name changing fastest. */
async function bindingsOf({ run, for: given = {} }: Entry, at: string): Promise<Record<string, string>[]> {
  const names = bracedIn(run)
  const stranger = Object.keys(given).find((name) => !names.includes(name))
  if (stranger !== undefined) throw new ShapeError(`${at}.for.${stranger}: run has no {${stranger}}`)
  let all: Record<string, string>[] = [{}]
  for (const name of names) {
    const choice = given[name]
    if (choice === undefined) throw new ShapeError(`${at}.for: it has nothing for {${name}}`)
    const values = await valuesOf(choice, name, `${at}.for.${name}`)
    all = all.flatMap((before) => values.map((value) => ({ ...before, [name]: value })))
  }
  return all
}

/** An exploration of a campaign has one core: units run beside each other. */
function onOneCore({ command, values }: Understood, words: readonly string[]): readonly string[] {
  const takes = command.startsWith('explore') && 'jobs' in values && values['jobs'] === undefined
  return takes && command !== 'explore rates' ? [...words, '--jobs', '1'] : words
}

async function unitsOf(entry: Entry, at: string, { version, understand, hashOf }: Planner): Promise<Unit[]> {
  const units: Unit[] = []
  const template = wordsOf(entry.run)
  for (const values of await bindingsOf(entry, at)) {
    const words = filled(template, values)
    const what = await mayRun(words, understand)
    await mustKnow(what)
    const duration = what.values['duration']
    const seconds = entry.seconds ?? (typeof duration === 'number' ? duration / 1000 : USUAL_S)
    const cut = pieces(what, onOneCore(what, words), seconds, entry.cut)
    if (cut === undefined) throw new ShapeError(`${at}.cut: ${lineOf(words)} cannot be cut`)
    const rest = {
      version,
      expect: entry.expect ?? ((await mustFail(words)) ? 1 : 0),
      seconds: seconds / cut.length,
      exclusive: entry.exclusive ?? TIMED.includes(what.command),
      load: entry.load ?? 0,
      entry: entry.run,
      files: Object.fromEntries(pathsIn(what, words).map((path) => [path, hashOf(path)])),
    } as const
    if (cut.length > 1) await mayRun(cut[0] as readonly string[], understand)
    for (const piece of cut) {
      const unit = { ...rest, words: piece }
      units.push({ id: idOf(unit), ...unit })
    }
  }
  return units
}

function mustDiffer(units: readonly Unit[]): void {
  const seen = new Set<string>()
  for (const { id, words } of units) {
    if (seen.has(id)) throw new ShapeError(`lockstorm ${lineOf(words)}: it is planned twice`)
    seen.add(id)
  }
}

/** Plans a campaign. @throws Error with one line that names what is wrong with it */
export async function planOf(campaign: Campaign, planner: Planner): Promise<Plan> {
  const units: Unit[] = []
  for (const [i, entry] of campaign.entries.entries()) {
    const at = `entries[${i}]`
    try {
      units.push(...(await unitsOf(entry, at, planner)))
    } catch (error) {
      const { message } = error as Error
      throw message.startsWith(at) ? error : new ShapeError(`${at}: ${message}`)
    }
  }
  mustDiffer(units)
  const id = createHash('sha256')
    .update(units.map((unit) => unit.id).join())
    .digest('hex')
    .slice(0, 16)
  return { schema: PLAN_SCHEMA, name: campaign.name, version: planner.version, id, units }
}
