/**
 * What `"all"` stands for: the names of everything of a kind that this version has. What takes long to load is loaded when a
 * campaign asks for it.
 */
import { isPath } from '../define/is_path.ts'
import { ShapeError } from '../define/shape.ts'
import type { Understood } from './unit.ts'

/** Names by kind. */
const SETS: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  model: async () => (await import('../models/index.ts')).models.map(({ name }) => name),
  type: async () => (await import('../torture/index.ts')).TYPES.map(({ name }) => name),
  race: async () => (await import('../races/registry.ts')).SCENARIOS.map(({ name }) => name),
  strategy: async () => (await import('../mdev/strategies.ts')).STRATEGIES.map(({ name }) => name),
  fence: async () =>
    (await import('../fences/list.ts')).FENCES.filter(({ strong }) => strong).map(({ name }) => name),
  test: async () => (await import('../torture/litmus/index.ts')).LITMUS.map(({ name }) => name),
}

/** All names of a kind. @throws ShapeError for a kind that has no `"all"` */
export async function allOf(kind: string, at: string): Promise<readonly string[]> {
  const set = Object.hasOwn(SETS, kind) ? SETS[kind] : undefined
  if (set === undefined) {
    throw new ShapeError(`${at}: "all" is of ${Object.keys(SETS).join(', ')}; list what else there is`)
  }
  // Of two of one name a command line reaches one.
  return [...new Set(await set())]
}

/** Of commands whose operands are names: what a name is of, and whether there is one, as the command itself asks. */
const NAMED: Readonly<Record<string, readonly [kind: string, isKnown: (name: string) => Promise<boolean>]>> =
  {
    // Behind the type stand its parameters.
    torture: [
      'type',
      async (name) =>
        name.includes('=') || (await import('../torture/index.ts')).findType(name) !== undefined,
    ],
    scenario: [
      'race',
      async (name) => (await import('../races/registry.ts')).scenarioNamed(name) !== undefined,
    ],
    explore: [
      'model',
      async (name) => (await (await import('../models/named.ts')).modelFound(name)) !== undefined,
    ],
    litmus: [
      'test',
      async (name) => (await import('../torture/litmus/index.ts')).litmusNamed(name).length > 0,
    ],
  }

/** A unit that names what this version has not would fail on every machine. @throws ShapeError */
export async function mustKnow({ command, operands }: Understood): Promise<void> {
  const [kind, isKnown] = NAMED[command] ?? []
  if (isKnown === undefined) return
  for (const name of operands) {
    if (name === 'all' || isPath(name)) continue
    // eslint-disable-next-line no-await-in-loop -- the first that is unknown is told
    if (!(await isKnown(name))) throw new ShapeError(`${command} ${name}: this version has no such ${kind}`)
  }
}

/** Torture types that are wrong on purpose: they end with 1. */
export async function mustFail(words: readonly string[]): Promise<boolean> {
  if (words[0] !== 'torture') return false
  const { findType } = await import('../torture/index.ts')
  return words.some((word) => (findType(word)?.busted ?? '') !== '')
}
