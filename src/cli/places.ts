/**
 * Where a command writes: each file has one text, and none is what the command reads.
 */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { isSpecial } from '../results/io.ts'
import { shown, UsageError } from './usage.ts'

/** Flags whose value is a file that is written. */
const WRITTEN = ['json', 'trace', 'junit', 'folded', 'write', 'output'] as const

function place(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** @throws UsageError if two texts would go to one file, or one over what is read */
export function mustBeApart(values: Readonly<Record<string, unknown>>, operands: readonly string[]): void {
  const read = new Map(operands.map((word) => [place(word), word]))
  const written = new Map<string, string>()
  for (const name of WRITTEN) {
    const path = values[name]
    if (typeof path !== 'string' || path === '-' || isSpecial(path)) continue
    const flag = `--${name} ${shown(path)}`
    const other = written.get(place(path))
    if (other !== undefined) throw new UsageError(`${flag}: ${other} is written there, too`)
    if (read.has(place(path))) throw new UsageError(`${flag}: the command reads this file`)
    written.set(place(path), `--${name}`)
  }
}
