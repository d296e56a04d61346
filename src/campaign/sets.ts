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

/** Commands whose operands are names of a kind, beside `all` and files. */
const NAMED: Readonly<Record<string, string>> = {
  torture: 'type',
  scenario: 'race',
  explore: 'model',
  litmus: 'test',
}

/** A unit that names what this version has not would fail on every machine. @throws ShapeError */
export async function mustKnow({ command, operands }: Understood): Promise<void> {
  const kind = NAMED[command]
  const names = operands.filter((operand) => operand !== 'all' && !isPath(operand))
  if (kind === undefined || names.length === 0) return
  const known = await allOf(kind, command)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) throw new ShapeError(`${command} ${stranger}: this version has no such ${kind}`)
}

/** Torture types that are wrong on purpose: they end with 1. */
export async function mustFail(words: readonly string[]): Promise<boolean> {
  if (words[0] !== 'torture') return false
  const { findType } = await import('../torture/index.ts')
  return words.some((word) => (findType(word)?.busted ?? '') !== '')
}
