/**
 * The place where the file system hangs: mounted, unmounted, and its connection aborted, whatever happens.
 *
 *   unmount   plainly; a busy one is taken out of sight (`umount -l`), and its connection is aborted: whoever still uses it
 *             gets errors, and the server threads come out of their reads
 *   private   in a namespace of its own it hangs over an empty directory, so that a command which is left behind does not
 *             find the real /sys there, and write into it
 */
import { spawnSync } from 'node:child_process'
import { closeSync } from 'node:fs'
import { abortConnection, openConnections } from './connection.ts'
import { guard, type Guardian } from './guardian.ts'
import { FS_TYPE, isStale, ourMounts, ourSource } from './table.ts'
import { tool } from './tool.ts'

/** How it is mounted. */
export interface MountOptions {
  readonly readOnly: boolean
  /** Other users may look, too; what they may do is decided by the modes of the files. */
  readonly others: boolean
  /** See the head of this file. */
  readonly private: boolean
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

/** One place. */
export class MountPoint {
  readonly dir: string
  readonly #options: MountOptions
  #connections = -1
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
    const { readOnly, others } = this.#options
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
    this.#connections = await openConnections()
    if (this.#options.private) await tool('mount', ['-t', 'tmpfs', '-o', 'ro,mode=755', 'empty', this.dir])
    const { code, why } = await tool('mount', words, [fd])
    if (code !== 0) return why
    this.#connection = this.#mine()?.connection ?? -1
    if (!this.#options.private) this.#guardian = guard(this.dir)
    process.on('exit', this.#last)
    return undefined
  }

  /** The process ends without `unmount`: its threads would never come out of their reads, and it would not end. */
  readonly #last = (): void => {
    spawnSync('umount', ['-l', this.dir], { stdio: 'ignore' })
    this.abort()
  }

  #mine(): ReturnType<typeof ourMounts>[number] | undefined {
    return ourMounts().findLast(({ source }) => source === ourSource())
  }

  /** Ends the service. True if somebody was still using it. */
  async unmount(): Promise<boolean> {
    if (this.#mine() === undefined) return false
    const { code } = await tool('umount', [this.dir])
    if (code === 0) return false
    await tool('umount', ['-l', this.dir])
    return true
  }

  /** Ends the connection: every request fails from now on. False: this system does not let us. */
  abort(): boolean {
    return abortConnection(this.#connections, this.#connection)
  }

  /** All is done: nobody has to look after the place any more. */
  end(): void {
    process.off('exit', this.#last)
    this.#guardian?.dismiss()
    if (this.#connections >= 0) closeSync(this.#connections)
  }
}
