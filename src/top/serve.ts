/**
 * Lets this user's other processes look at this one's machines: each line that comes over the socket is answered with one line, the
 * machines as they are then.
 *
 * Rights    the folder is the user's alone, and the socket has mode 600.
 * Cost      nobody asks: an open socket, which keeps no process alive. Somebody asks: some 0.1 ms of the main thread each time.
 */
import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { seeMachines, type SeenMachine } from '../machine/published.ts'
import { ownFolder } from './folder.ts'
import { takeLines } from './lines.ts'

/** What a run tells of itself. */
export interface SeenRun {
  readonly schema: 'lockstorm/top-run@1'
  readonly pid: number
  /** `storm`, and the words behind it. */
  readonly command: string
  readonly words: readonly string[]
  readonly seconds: number
  readonly machines: readonly SeenMachine[]
}

const OTHERS = 0o177
/** Longest path of a socket that every system takes. */
const MOST_PATH = 103

/** Starts to answer, if it can: a run is none the worse if nobody can look at it. */
export function serveRuns(command: string, words: readonly string[]): void {
  const folder = ownFolder()
  const path = folder === undefined ? '' : join(folder, `${process.pid}.sock`)
  if (path === '' || path.length > MOST_PATH) return
  rmSync(path, { force: true })
  const now = async (): Promise<string> => {
    const seconds = process.uptime()
    const run: SeenRun = {
      schema: 'lockstorm/top-run@1',
      pid: process.pid,
      command,
      words,
      seconds,
      machines: await seeMachines(),
    }
    return `${JSON.stringify(run)}\n`
  }
  const answer = async (socket: Socket): Promise<void> => {
    socket.write(await now())
  }
  const server = createServer((socket) => {
    socket.unref()
    socket.on('error', () => socket.destroy())
    takeLines(socket, () => {
      void answer(socket)
    })
  })
  server.on('error', () => {})
  // The socket comes into being within listen.
  const before = process.umask(OTHERS)
  server.listen(path)
  process.umask(before)
  server.unref()
  process.on('exit', () => rmSync(path, { force: true }))
}
