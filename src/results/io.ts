/**
 * Result files. A file is either complete or not there: it is written beside its place and renamed. What is no file (a
 * device, a pipe: `/dev/stdout`) stays what it is and is written into.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** Beside the file, and not longer than its name may be. */
function sibling(path: string): string {
  return join(dirname(path), `.lockstorm-${process.pid}.tmp`)
}

/** A stream of this process, whatever it leads to; a device, pipe or socket. */
export function isSpecial(path: string): boolean {
  if (/^\/dev\/(stdout|stderr|fd\/)/.test(path)) return true
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

/** Why a result cannot be written to `path`, in a few words; undefined if it can. To be asked before a long run. */
export function whyNotWritable(path: string): string | undefined {
  if (path === '') return 'it has no name'
  try {
    if (isSpecial(path)) return undefined
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

/** Why a file cannot be read, in a few words; undefined if it can. */
export function whyNotReadable(path: string): string | undefined {
  try {
    closeSync(openSync(path, 'r'))
    return statSync(path).isDirectory() ? 'it is a directory' : undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  }
}

/** Writes a text, whole or not at all. A link stays a link: what it points at is replaced. */
export function writeWhole(path: string, text: string): void {
  if (isSpecial(path)) {
    writeFileSync(path, text, { flag: 'a' })
    return
  }
  const file = existsSync(path) ? realpathSync(path) : path
  try {
    writeFileSync(sibling(file), text)
    renameSync(sibling(file), file)
  } finally {
    rmSync(sibling(file), { force: true })
  }
}

/** Writes a result as JSON, whole or not at all. */
export function writeResult(path: string, result: unknown): void {
  writeWhole(path, `${JSON.stringify(result, undefined, 2)}\n`)
}

function parsed(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${path}: it cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${path}: it is no JSON: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Reads a result of any schema.
 * @throws Error that names the file, if it cannot be read, is not JSON or not a result
 */
export function readResult(path: string): { readonly schema: string } {
  const result = parsed(path)
  const schema = (result as { schema?: unknown } | null)?.schema
  if (typeof schema !== 'string' || !schema.startsWith('lockstorm/')) {
    throw new Error(`${path}: it is no result of lockstorm`)
  }
  return result as { readonly schema: string }
}
