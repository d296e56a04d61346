/**
 * Result files. A file is either complete or not there: it is written beside its place and renamed.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

function sibling(path: string): string {
  return `${path}.${process.pid}.tmp`
}

/** Why a result cannot be written to `path`, in a few words; undefined if it can. To be asked before a long run. */
export function whyNotWritable(path: string): string | undefined {
  try {
    if (existsSync(path) && statSync(path).isDirectory()) return 'it is a directory'
    if (!existsSync(dirname(path))) return `there is no directory ${dirname(path)}`
    closeSync(openSync(sibling(path), 'w'))
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  } finally {
    rmSync(sibling(path), { force: true })
  }
}

/** Writes a result as JSON, whole or not at all. */
export function writeResult(path: string, result: unknown): void {
  try {
    writeFileSync(sibling(path), `${JSON.stringify(result, undefined, 2)}\n`)
    renameSync(sibling(path), path)
  } finally {
    rmSync(sibling(path), { force: true })
  }
}

/**
 * Reads a result of any schema.
 * @throws Error that names the file, if it is not JSON or not a result
 */
export function readResult(path: string): { readonly schema: string } {
  const result: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const schema = (result as { schema?: unknown } | null)?.schema
  if (typeof schema !== 'string' || !schema.startsWith('lockstorm/')) {
    throw new Error(`${path} is not a result of lockstorm`)
  }
  return result as { readonly schema: string }
}
