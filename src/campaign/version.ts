/**
 * The version of the code that runs: the package's, and a hash of every compiled file. Units of one version are done by no other.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['src', 'workers', 'bench'] as const

let known: string | undefined

function filesBelow(folder: string): string[] {
  const all = readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })
  return all.filter((file) => file.endsWith('.js')).map((file) => join(folder, file))
}

/** `0.1.0+` and twelve digits. Reads every compiled file at the first call. */
export function codeVersion(): string {
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const file of FOLDERS.flatMap(filesBelow).toSorted()) {
    hash.update(file.replaceAll('\\', '/')).update(readFileSync(join(DIST, file)))
  }
  const { version } = JSON.parse(readFileSync(join(DIST, '../package.json'), 'utf8')) as { version: string }
  known = `${version}+${hash.digest('hex').slice(0, 12)}`
  return known
}
