/**
 * Files that the shell has open, by their number. A file that a job uses is closed when the job has let go of it, as the kernel's
 * last reference does.
 */
import type { LiveFile } from '../live/words/index.ts'
import type { Order } from './jobs.ts'

/** Below are stdin, stdout and stderr. */
const FIRST = 3

/** See the head of this file. */
export class Files {
  /** Words whose first operand is the number of a file. */
  static readonly WORDS: readonly string[] = ['read', 'write', 'poll', 'ioctl', 'close']
  readonly #files = new Map<number, LiveFile>()
  readonly #users = new Map<LiveFile, Set<Promise<unknown>>>()

  get(fd: number): LiveFile | undefined {
    return this.#files.get(fd)
  }

  /** All of them. */
  entries(): readonly (readonly [fd: number, file: LiveFile])[] {
    return [...this.#files]
  }

  /** Returns its number: the lowest that is free. */
  add(gave: unknown): number {
    let fd = FIRST
    while (this.#files.has(fd)) fd++
    this.#files.set(fd, gave as LiveFile)
    return fd
  }

  /** A job uses it until `ended`. */
  uses(file: LiveFile, ended: Promise<unknown>): void {
    const users = this.#users.get(file) ?? new Set()
    this.#users.set(file, users.add(ended))
    void ended.then(() => users.delete(ended))
  }

  /** From now on it has no number. Resolves when no job uses it. */
  async closing({ file }: Order): Promise<void> {
    this.drop(file)
    await Promise.all(this.#users.get(file as LiveFile) ?? new Set<Promise<unknown>>())
  }

  drop(file: LiveFile | undefined): void {
    for (const [fd, one] of this.#files) if (one === file) this.#files.delete(fd)
  }

  /** The machine is gone, and they with it. */
  clear(): void {
    this.#files.clear()
    this.#users.clear()
  }
}
