/**
 * Where a command writes: each file has one text, and none is what the command reads.
 */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { spelled } from '../base/spelled.ts'
import { isSpecial } from '../results/io.ts'
import type { CommandSpec } from './command.ts'
import type { Flag } from './flag.ts'
import { file } from './kinds.ts'
import { shown, UsageError } from './usage.ts'

type Values = Readonly<Record<string, unknown>>

/** What the kind of a flag says that names a file to be written. */
const WRITTEN = file().accepts

/** Flags that name a file to be written, of those that were given: as they are spelled, and the file. */
export function writtenBy({ flags }: CommandSpec, values: Values): readonly (readonly [string, string])[] {
  const writes = ([name, { kind }]: [string, Flag<unknown>]): boolean =>
    kind?.accepts.startsWith(WRITTEN) === true && values[name] !== undefined
  return Object.entries(flags)
    .filter(writes)
    .map(([name]) => [spelled(name), values[name] as string])
}

function place(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** @throws UsageError if two texts would go to one file, or one over what is read */
export function mustBeApart(spec: CommandSpec, values: Values, operands: readonly string[]): void {
  const read = new Set(operands.map(place))
  const written = new Map<string, string>()
  for (const [name, path] of writtenBy(spec, values)) {
    if (path === '-' || isSpecial(path)) continue
    const flag = `${name} ${shown(path)}`
    const other = written.get(place(path))
    if (other !== undefined) throw new UsageError(`${flag}: ${other} is written there, too`)
    if (read.has(place(path))) throw new UsageError(`${flag}: the command reads this file`)
    written.set(place(path), name)
  }
}
