/**
 * The folder in which runs of this user can be found: sockets by process, for this user alone.
 *
 * Where     `lockstorm` in XDG_RUNTIME_DIR; without that, `lockstorm-<uid>` in the folder for temporary files.
 * Rule      a folder that is not ours, that others may enter, or that is a link is not used: what stands there may be anybody's.
 */
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const OWN = 0o700
const PERMISSIONS = 0o777

/** Where it would be. */
export function runtimeFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_RUNTIME_DIR']
  const uid = process.getuid?.() ?? 0
  return base === undefined || base === '' ? join(tmpdir(), `lockstorm-${uid}`) : join(base, 'lockstorm')
}

/** Why the folder is not used; undefined if it is ours and nobody else's. */
export function whyNotOurs(folder: string): string | undefined {
  try {
    const found = lstatSync(folder)
    if (!found.isDirectory()) return `${folder} is no folder`
    if (found.uid !== process.getuid?.()) return `${folder} belongs to somebody else`
    return (found.mode & PERMISSIONS) === OWN
      ? undefined
      : `${folder} is open to others: its mode must be 700`
  } catch {
    return `${folder} is not there`
  }
}

/** Makes the folder, if it is not there. Returns it; undefined where it cannot be used. */
export function ownFolder(): string | undefined {
  const folder = runtimeFolder()
  try {
    mkdirSync(folder, { mode: OWN })
  } catch {
    // It is there, or cannot be made: the next line tells.
  }
  return whyNotOurs(folder) === undefined ? folder : undefined
}
