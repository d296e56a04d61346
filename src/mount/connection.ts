/**
 * The control file system of FUSE, by which a connection is aborted when nothing else brings the server threads out of their reads.
 *
 * It is opened before the mount, which may hide it, and where nobody has mounted it, it is for a moment. Whoever may not do that
 * has no way to abort: then threads that read end with their process.
 */
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool } from './tool.ts'

const CONNECTIONS = '/sys/fs/fuse/connections'
/** FUSE_CTL_SUPER_MAGIC */
const MAGIC = 0x6573_5543

/** −1: it is not there. */
function openControl(dir: string): number {
  try {
    const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY)
    if (statfsSync(dir).type === MAGIC) return fd
    closeSync(fd)
  } catch {
    // No FUSE in this kernel's /sys, or it is hidden.
  }
  return -1
}

/** The directory of connections, open; −1: nobody has mounted it, and we may not. */
export async function openConnections(): Promise<number> {
  const found = openControl(CONNECTIONS)
  if (found >= 0) return found
  const place = mkdtempSync(join(tmpdir(), 'lockstorm-'))
  try {
    const { code } = await tool('mount', ['-t', 'fusectl', 'fusectl', place])
    if (code !== 0) return -1
    const fd = openControl(place)
    await tool('umount', ['-l', place])
    return fd
  } finally {
    rmdirSync(place)
  }
}

/**
 * Ends a connection: every request of it fails from now on, and every read of its servers ends.
 * @param connections what openConnections has returned
 * @returns false if that cannot be done here
 */
export function abortConnection(connections: number, connection: number): boolean {
  if (connections < 0 || connection < 0) return false
  try {
    writeFileSync(`/proc/self/fd/${connections}/${connection}/abort`, '1')
    return true
  } catch (error) {
    // It has ended by itself: there is no such connection any more.
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
