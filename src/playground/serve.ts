/**
 * Serves the playground on this computer, and to this computer alone. See README.md for what is refused, and why.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { playgroundFiles, type Served } from './files.ts'

const ADDRESS = '127.0.0.1'
const HTTP_PORT = 80
const POLICY = [
  "default-src 'none'",
  "script-src 'self' blob:",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** A playground that can be visited. */
export interface Playground {
  readonly url: string
  /** Ends it, connections that are open included. */
  end(): void
}

function refuse(
  response: ServerResponse,
  status: number,
  why: string,
  more: Record<string, string> = {},
): void {
  response.writeHead(status, { ...HEADERS, ...more, 'content-type': 'text/plain' }).end(`${why}\n`)
}

/** Names of this server in a `Host` header. */
function hostsOf(port: number): ReadonlySet<string> {
  const names = [ADDRESS, 'localhost']
  return new Set([...names.map((name) => `${name}:${port}`), ...(port === HTTP_PORT ? names : [])])
}

function answer(
  { method = '', url = '', headers }: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, Served>,
  hosts: ReadonlySet<string>,
): void {
  if (!hosts.has(headers.host ?? '')) {
    refuse(response, 403, 'This server answers to its own name only.')
    return
  }
  if (method !== 'GET' && method !== 'HEAD') {
    refuse(response, 405, 'There is nothing but pages to get.', { allow: 'GET, HEAD' })
    return
  }
  const file = files.get(url)
  if (file === undefined) {
    refuse(response, 404, 'There is no such page.')
    return
  }
  const { type, body } = file
  response.writeHead(200, { ...HEADERS, 'content-type': type, 'content-length': body.length })
  response.end(method === 'HEAD' ? undefined : body)
}

/**
 * Serves the playground.
 * @param port 0: a free one
 * @throws what listening throws, as EADDRINUSE
 */
export async function servePlayground(port: number): Promise<Playground> {
  const files = playgroundFiles()
  let hosts: ReadonlySet<string> = new Set()
  const server = createServer((request, response) => {
    answer(request, response, files, hosts)
  })
  server.listen(port, ADDRESS)
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  hosts = hostsOf(own)
  return {
    url: `http://${ADDRESS}:${own}/`,
    end() {
      server.close()
      server.closeAllConnections()
    },
  }
}
