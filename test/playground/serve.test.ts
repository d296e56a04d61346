/** The server of the playground: its own files to this computer, and nothing else to anybody. */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { playgroundFiles } from '#lockstorm/playground/files'
import { servePlayground, type Playground } from '#lockstorm/playground/serve'
import { interrupted, lockstorm } from '../setup/cli.ts'

const PAGE = resolve(import.meta.dirname, '../../playground')
let served: Playground
let port = 0
beforeAll(async () => {
  served = await servePlayground(0)
  port = Number(new URL(served.url).port)
})
afterAll(() => {
  served.end()
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Asks for a path as it is written: nothing tidies it up. */
async function ask(path: string, { host = `127.0.0.1:${port}`, method = 'GET' } = {}): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { host } }).end()
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

test('what a page imports is there, and no import is left that a worker could not follow', async () => {
  const files = playgroundFiles()
  for (const [path, { type, body }] of files) {
    if (!type.startsWith('text/javascript')) continue
    for (const [, target = ''] of body
      .toString()
      .matchAll(/^(?:import|export)[^'"\n]*from ['"]([^'"]+)['"]/gm)) {
      if (target.startsWith('lockstorm')) continue
      expect([path, files.has(new URL(target, `http://it${path}`).pathname)]).toEqual([path, true])
    }
  }
  const offered = JSON.parse(files.get('/modules.json')?.body.toString() ?? '') as Record<string, string>
  expect(Object.keys(offered)).toEqual(
    expect.arrayContaining(['lockstorm', 'lockstorm/sync', 'lockstorm/sync/robust', 'lockstorm/explore']),
  )
  expect(Object.values(offered).filter((path) => !files.has(path))).toEqual([])
  const { status, body } = await ask('/lockstorm/src/explore/helper/index.js')
  expect([status, /['"]#/.test(body)]).toEqual([200, false])
})

test('every example that the page offers is there, and every one that is there is offered', async () => {
  const { body } = await ask('/')
  const offered = [...body.matchAll(/<option value="([\w-]+)"/g)].map(([, name]) => `${name}.js`)
  expect(offered.toSorted()).toEqual(readdirSync(join(PAGE, 'programs')).toSorted())
})

test('each answer isolates the page, and lets it load nothing from elsewhere', async () => {
  for (const path of ['/', '/page.js', '/nothing']) {
    const { headers } = await ask(path)
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
      'x-content-type-options': 'nosniff',
    })
  }
})

test.each([
  '/../package.json',
  '/..%2fpackage.json',
  '/%2e%2e/package.json',
  '/programs/../../package.json',
  '/programs/..\\..\\package.json',
  '//etc/passwd',
  '/etc/passwd',
  '/index.html/../../package.json',
  '/lockstorm/../../package.json',
  '/lockstorm/src/cli/main.js',
  '/lockstorm/package.json',
  '/page.js%00',
  '/page.js?',
  '/programs',
  '/programs/',
  '/constructor',
  '/__proto__',
  'http://elsewhere/page.js',
])('%s is no file of its own', async (path) => {
  const { status, body } = await ask(path)
  expect([status, body]).toEqual([404, 'There is no such page.\n'])
})

test.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1.evil.example', 'localhost:1'])(
  'Host %j is refused',
  async (host) => {
    const { status, body } = await ask('/', { host })
    expect([status, body]).toEqual([403, 'This server answers to its own name only.\n'])
  },
)

test('localhost is its name, too', async () => {
  expect((await ask('/', { host: `localhost:${port}` })).status).toBe(200)
})

test('a request without Host is refused', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.end('GET / HTTP/1.0\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /)
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
  const { status, headers } = await ask('/', { method })
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
})

test('HEAD has the headers only', async () => {
  const { status, headers, body } = await ask('/', { method: 'HEAD' })
  expect([status, Number(headers['content-length']) > 1000, body]).toEqual([200, true, ''])
})

test('it listens on 127.0.0.1 only', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
  for (const { address } of others) {
    const socket = connect(port, address)
    const outcome = await Promise.race([
      once(socket, 'connect').then(() => 'connects'),
      once(socket, 'error').then(() => 'refused'),
    ]).catch(() => 'refused')
    socket.destroy()
    expect([address, outcome]).toEqual([address, 'refused'])
  }
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the command prints its address, and ends on %s',
  async (signal) => {
    const { code, stdout, stderr } = await interrupted(/Ctrl-C/, signal, 'playground')
    expect([code, stdout]).toEqual([
      130,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/ has the playground; Ctrl-C ends it\n$/),
    ])
    expect(stderr).toContain('lockstorm: interrupted')
  },
)

test('a port that somebody has is bad usage', async () => {
  const { code, stderr } = await lockstorm('playground', '--port', String(port))
  expect([code, stderr]).toEqual([
    2,
    `lockstorm: --port ${port}: wanted a port that is free, but another program listens there\n`,
  ])
})
