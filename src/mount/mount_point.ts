/**
 * The place where the file system hangs: mounted, unmounted, and its connection aborted, whatever happens.
 *
 *   unmount   plainly; a busy one is taken out of sight (`umount -l`), and its connection is aborted: whoever still uses it
 *             gets errors, and the server threads come out of their reads
 *   kept      in a namespace of its own the file system stays where it is when the connection ends, because what it hides is
 *             the real /sys, which a command that is left behind must not write into
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import { guard, type Guardian } from './guardian.ts'
import { FS_TYPE, isStale, ourMounts, ourSource } from './table.ts'
import { tool } from './tool.ts'

const CONNECTIONS = '/sys/fs/fuse/connections'

/** How it is mounted. */
export interface MountOptions {
  readonly readOnly: boolean
  /** Other users may look, too; what they may do is decided by the modes of the files. */
  readonly others: boolean
  /** See the head of this file. */
  readonly kept: boolean
}

/** Mounts that servers left behind which were killed: unmounts them, and returns where they were. */
export async function removeStale(): Promise<string[]> {
  const gone: string[] = []
  for (const one of ourMounts().filter(isStale)) {
    const { code } = await tool('umount', ['-l', one.point])
    if (code === 0) gone.push(one.point)
  }
  return gone
}

/** Opened before anything hides it: /sys may be the place itself. −1 where there is none. */
function openConnections(): number {
  try {
    return openSync(CONNECTIONS, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return -1
  }
}

/** One place. */
export class MountPoint {
  readonly dir: string
  readonly #options: MountOptions
  readonly #connections = openConnections()
  #connection = -1
  #guardian: Guardian | undefined

  constructor(dir: string, options: MountOptions) {
    this.dir = dir
    this.#options = options
  }

  /**
   * Mounts.
   * @param fd /dev/fuse, open
   * @returns why not; undefined: it is mounted
   */
  async mount(fd: number): Promise<string | undefined> {
    const { readOnly, others, kept } = this.#options
    const options = [
      'fd=3',
      'rootmode=40000',
      `user_id=${process.getuid?.() ?? 0}`,
      `group_id=${process.getgid?.() ?? 0}`,
      'default_permissions',
      'nosuid,nodev,noexec',
      ...(others ? ['allow_other'] : []),
      ...(readOnly ? ['ro'] : []),
    ]
    const words = ['-i', '-t', FS_TYPE, '-o', options.join(), ourSource(), this.dir]
    const { code, why } = await tool('mount', words, [fd])
    if (code !== 0) return why
    this.#connection = this.#mine()?.connection ?? -1
    if (!kept) this.#guardian = guard(this.dir)
    process.on('exit', this.#last)
    return undefined
  }

  /** The process ends without `unmount`: its threads would never come out of their reads, and it would not end. */
  readonly #last = (): void => {
    if (!this.abort() || !this.#options.kept) spawnSync('umount', ['-l', this.dir], { stdio: 'ignore' })
  }

  #mine(): ReturnType<typeof ourMounts>[number] | undefined {
    return ourMounts().findLast(({ source }) => source === ourSource())
  }

  /** Ends the service. True if somebody was still using it. */
  async unmount(): Promise<boolean> {
    if (this.#options.kept && this.abort()) return false
    if (this.#mine() === undefined) return false
    const { code } = await tool('umount', [this.dir])
    if (code === 0) return false
    await tool('umount', ['-l', this.dir])
    return true
  }

  /** Ends the connection: every request fails from now on. False: this system does not let us. */
  abort(): boolean {
    if (this.#connections < 0 || this.#connection < 0) return false
    try {
      writeFileSync(`/proc/self/fd/${this.#connections}/${this.#connection}/abort`, '1')
      return true
    } catch (error) {
      // It has ended by itself: there is no such connection any more.
      return (error as NodeJS.ErrnoException).code === 'ENOENT'
    }
  }

  /** All is done: nobody has to look after the place any more. */
  end(): void {
    process.off('exit', this.#last)
    this.#guardian?.dismiss()
    if (this.#connections >= 0) closeSync(this.#connections)
  }
}
