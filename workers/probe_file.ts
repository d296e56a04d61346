/** Loads a user's file before main does: a file that throws, loops or ends its process does so here. */
import { setImmediate } from 'node:timers/promises'
import { placeOf, whatIsThrown, type FileRef } from '../src/define/brought.ts'
import { loadFile, lockOrModel } from '../src/define/load.ts'

/** What a file prints at import is not the command's output. */
function silence(): void {
  for (const stream of [process.stdout, process.stderr]) stream.write = () => true
}

/** Why it cannot be loaded at all, where Node's own words leave open what to do. */
function notLoaded(error: unknown): string | undefined {
  const { code, message = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  if (code !== 'ERR_UNKNOWN_FILE_EXTENSION' || !/\.[cm]?ts"/.test(message)) return undefined
  return `TypeScript is loaded by Node 22.18 and newer, and this is Node ${process.versions.node}: compile it first`
}

/** What is wrong with loading it; '' if nothing. Without a kind: what it brings. A promise that it leaves rejected ends the job. */
export default async function job({ kind, url }: Partial<FileRef> & Pick<FileRef, 'url'>): Promise<string> {
  silence()
  const said = await wrongWith(kind, url)
  await setImmediate()
  return said
}

async function wrongWith(kind: FileRef['kind'] | undefined, url: string): Promise<string> {
  try {
    if (kind === undefined) return await lockOrModel(url)
    await loadFile({ kind, url })
    return ''
  } catch (error) {
    const { name, message, stack = '' } = (error ?? {}) as Partial<Error>
    const thrown = `it throws at import: ${whatIsThrown(error)}${placeOf(stack, [{ url }])}`
    return name === 'ShapeError' ? (message ?? '') : (notLoaded(error) ?? thrown)
  }
}
