import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to connections: one of those might take it, if only by connecting to itself. */
const [FIRST, LAST] = [12_000, 32_000] as const

/** A port that was free. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (isFree) return port
  }
}
