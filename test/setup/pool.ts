/** Forks that say at which file they were when they end before their time, and how: vitest says only that one of them did. */
import { relative } from 'node:path'
import { ForksPoolWorker, type PoolRunnerInitializer } from 'vitest/node'

const NAME = 'named-forks'

type Request = Parameters<ForksPoolWorker['send']>[0]
type Listener = Parameters<ForksPoolWorker['on']>[1]

class NamedFork extends ForksPoolWorker {
  override readonly name: string = NAME
  readonly #onError = new Set<(error: Error) => void>()
  #files = 'no file'
  #stopped = false

  override send(message: Request): void {
    if ('context' in message && 'files' in message.context) {
      this.#files = message.context.files.map(({ filepath }) => relative('', filepath)).join(', ')
    }
    super.send(message)
  }

  override on(event: string, callback: Listener): void {
    if (event === 'error') this.#onError.add(callback)
    super.on(event, callback)
  }

  override off(event: string, callback: Listener): void {
    if (event === 'error') this.#onError.delete(callback)
    super.off(event, callback)
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
    const error = new Error(`${this.#files}: its process ended before its tests, with ${how}`)
    process.stderr.write(`${error.message}\n`)
    for (const tell of this.#onError) tell(error)
  }
}

export const namedForks: PoolRunnerInitializer = {
  name: NAME,
  createPoolWorker: (options) => new NamedFork(options),
}
