/**
 * Finds runs of this user and asks them how they are.
 */
import { readdirSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { runtimeFolder, whyNotOurs } from './folder.ts'
import { takeLines } from './lines.ts'
import type { SeenRun } from './serve.ts'

/** How long a run may take to answer: its main thread may be starved. */
const PATIENCE_MS = 5_000

/** A connection to one run. */
export class RunLine {
  readonly pid: number
  readonly #socket: Socket
  #wanted: ((run: SeenRun | undefined) => void) | undefined
  #gone = false

  constructor(pid: number, path: string) {
    this.pid = pid
    this.#socket = connect(path)
    takeLines(this.#socket, (line) => this.#answer(JSON.parse(line) as SeenRun))
    const end = (error?: NodeJS.ErrnoException): void => {
      // Nobody listens there any more: a run that was killed has left it.
      if (error?.code === 'ECONNREFUSED') rmSync(path, { force: true })
      this.#gone = true
      this.#answer(undefined)
    }
    this.#socket.on('error', end)
    this.#socket.on('close', () => end())
  }

  #answer(run: SeenRun | undefined): void {
    this.#wanted?.(run)
    this.#wanted = undefined
  }

  /** The run as it is now; undefined if it has ended or does not answer. One question at a time. */
  ask(): Promise<SeenRun | undefined> {
    if (this.#gone) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(undefined), PATIENCE_MS)
      this.#wanted = (run) => {
        clearTimeout(timer)
        resolve(run)
      }
      this.#socket.write('\n')
    })
  }

  end(): void {
    this.#socket.destroy()
  }
}

/** Numbers of processes that offer something, by the path of the socket. */
export function offeredRuns(): ReadonlyMap<number, string> {
  const folder = runtimeFolder()
  if (whyNotOurs(folder) !== undefined) return new Map()
  const names = readdirSync(folder).flatMap((name) => /^(\d+)\.sock$/.exec(name)?.[1] ?? [])
  return new Map(names.map((pid) => [Number(pid), join(folder, `${pid}.sock`)]))
}
