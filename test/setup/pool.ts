/** Forks that say at which file they were when they end before their time, and how: vitest says only that one of them did. */
import { relative } from 'node:path'
import { ForksPoolWorker, type PoolRunnerInitializer } from 'vitest/node'

const NAME = 'named-forks'

type Request = Parameters<ForksPoolWorker['send']>[0]
type Listener = Parameters<ForksPoolWorker['on']>[1]

class NamedFork extends ForksPoolWorker {
  override readonly name: string = NAME
  #files = 'no file'
  #stopped = false

  override send(message: Request): void {
    if ('context' in message && 'files' in message.context) {
      this.#files = message.context.files.map(({ filepath }) => relative('', filepath)).join(', ')
    }
    super.send(message)
  }

  override async start(): Promise<void> {
    await super.start()
    const ended = (code: number | null, signal: string | null): void =>
      this.#ended(signal ?? `exit code ${code}`)
    super.on('exit', ended as Listener)
  }

  override stop(): Promise<void> {
    this.#stopped = true
    return super.stop()
  }

  #ended(how: string): void {
    if (this.#stopped) return
    process.stderr.write(`${this.#files}: its process ended before its tests, with ${how}\n`)
  }
}

export const namedForks: PoolRunnerInitializer = {
  name: NAME,
  createPoolWorker: (options) => new NamedFork(options),
}
