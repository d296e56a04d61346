/**
 * What `lockstorm mount` does first: refuse what cannot work here, and go into a namespace of its own where there is a command.
 */
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { howToUnshare, isInside, runInside } from '../mount/namespace.ts'
import type { MountFlags } from './commands/mount.ts'
import type { Session } from './session.ts'
import { shown, UsageError } from './usage.ts'

function directoryOf(word: string): string {
  const found = statSync(word, { throwIfNoEntry: false })
  if (found?.isDirectory() !== true) {
    throw new UsageError(
      `${shown(word)}: wanted a directory, and ${found === undefined ? 'there is none' : 'it is none'}`,
    )
  }
  return realpathSync(word)
}

function mustHaveFuse(): void {
  if (process.platform !== 'linux') throw new UsageError('mount: this takes Linux with FUSE')
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch (error) {
    throw new UsageError(`mount: /dev/fuse cannot be opened: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Runs the command. Returns the exit code. @throws UsageError */
export async function mount(
  session: Session,
  [directory]: readonly string[],
  flags: MountFlags,
  rest: readonly string[],
): Promise<number> {
  if (directory === undefined && rest.length === 0) {
    throw new UsageError('mount: wanted a directory, or a command behind --; see lockstorm mount --help')
  }
  mustHaveFuse()
  const dir = directoryOf(directory ?? '/sys')
  if (session.asked) return 0
  if (rest.length > 0 && !isInside()) {
    const how = await howToUnshare()
    if (typeof how === 'string') throw new UsageError(`mount: ${how}`)
    session.interrupt.end()
    session.progress.end()
    return runInside(how)
  }
  const { serveMount } = await import('./mount_serve.ts')
  return serveMount(session, dir, flags, rest)
}
