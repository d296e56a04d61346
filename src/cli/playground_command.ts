/**
 * What `lockstorm playground` does: serve until a signal comes.
 */
import { servePlayground, type Playground } from '../playground/serve.ts'
import type { PlaygroundFlags } from './commands/playground.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
}

async function begin(port: number): Promise<Playground> {
  try {
    return await servePlayground(port)
  } catch (error) {
    const why = WHY[(error as NodeJS.ErrnoException).code ?? '']
    if (why === undefined) throw error
    throw new UsageError(`--port ${port}: wanted a port that is free, but ${why}`)
  }
}

/** Serves. Returns the exit code. @throws UsageError */
export async function playground(
  session: Session,
  _: readonly string[],
  { port }: PlaygroundFlags,
): Promise<number> {
  // It runs for as long as somebody likes: that it does is no news.
  session.progress.end()
  const { signal } = session.interrupt
  const served = await begin(port)
  session.print(`${served.url} has the playground; Ctrl-C ends it`)
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
  served.end()
  return 0
}
