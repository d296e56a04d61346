import { execFileSync } from 'node:child_process'
import { Console } from 'node:console'
import * as crypto from 'node:crypto'
import { randomBytes, randomFillSync, randomInt, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs'
import { freemem } from 'node:os'
import { nextTick } from 'node:process'
import { PassThrough } from 'node:stream'
import { setTimeout as later } from 'node:timers'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { expect, test } from 'vitest'
import {
  explore,
  exploreAsync,
  RefusedError,
  type AgentPort,
  type Program,
} from '#lockstorm/explore/helper/index'

// What bodies start and ask that is not the explorer's: none of it is ever part of a 'holds'.

type Body = (m: Int32Array) => unknown
const programOf = (body: Body): Program => ({
  memory: 2,
  threads: [
    (m) => {
      Atomics.load(m, 0)
      body(m)
    },
    (m) => void Atomics.load(m, 0),
  ],
})
const toldOf = (body: Body): string => {
  try {
    const { verdict, limits = [] } = explore(programOf(body))
    return [verdict, ...limits].join(' ')
  } catch (error) {
    if (error instanceof RefusedError) return error.message
    throw error
  }
}
const { port1, port2 } = new MessageChannel()
port1.on('message', () => {})
port1.unref()
port2.unref()
const microtask = queueMicrotask

test.for<readonly [string, string, Body]>([
  ['a promise', 'a promise', (m) => void Promise.resolve().then(() => m[0]!++)],
  ['an async helper', 'async function', (m) => void (async () => (await Promise.resolve(), m[0]!++))()],
  ['one that is stopped', 'async function', (m) => void (async () => Atomics.store(m, 0, 1))()],
  ['nextTick', 'process.nextTick', (m) => process.nextTick(() => m[0]!++)],
  ['nextTick as an import', 'process.nextTick', (m) => nextTick(() => m[0]!++)],
  ['a microtask that was taken before', 'queueMicrotask', (m) => microtask(() => m[0]!++)],
  ['a timer as an import', 'a timer', (m) => later(() => m[0]!++, 0)],
  [
    'a timer, caught',
    'setTimeout',
    (m) => {
      try {
        setTimeout(() => m[0]!++, 0)
      } catch {
        // What the explorer throws is swallowed.
      }
    },
  ],
  ['setImmediate', 'setImmediate', (m) => setImmediate(() => m[0]!++)],
  ['a channel', 'MESSAGEPORT', () => new MessageChannel()],
  ['a message', 'postMessage', () => port2.postMessage(1)],
  ['a file', 'FSREQCALLBACK', (m) => readFile('/dev/null', () => m[0]!++)],
  ['a stream', 'process.nextTick', () => new PassThrough().on('data', () => {}).write('x')],
  ['fetch', 'fetch', () => void fetch('http://127.0.0.1:9').catch(() => {})],
  ['random numbers later', 'RANDOMBYTESREQUEST', (m) => randomBytes(1, () => m[0]!++)],
])('a synchronous body that starts %s is refused', ([, word, body]) => {
  const told = toldOf(body)
  expect(told).toContain(word)
  expect(told).toContain('would run after the body, unseen. Use exploreAsync')
})

test.for<readonly [string, Partial<Program>]>([
  ['setup', { setup: (m) => void (async () => (await Promise.resolve(), m[0]!++))() }],
  ['setup', { setup: (m) => Promise.resolve(m) as unknown as undefined }],
  ['setup', { setup: (m) => void setTimeout(() => m[0]!++, 0) }],
  ['finish', { finish: (m) => void later(() => m[0], 0) }],
  ['invariant', { invariant: (m) => queueMicrotask(() => m[0]) }],
])('%s that starts something is refused, also beside async bodies', async ([aside, more]) => {
  const program = { ...programOf(() => {}), ...more }
  expect(() => explore(program)).toThrow(`in ${aside} of the program: what it starts would run later`)
  await expect(exploreAsync(program)).rejects.toThrow(RefusedError)
})

test('what reads a clock unasked has virtual time', () => {
  const asked: unknown[] = []
  const body = (): void => {
    const format = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'UTC' })
    asked.push(format.format(), format.formatToParts()[0]?.value, new Event('x').timeStamp < 100)
  }
  expect(toldOf(body)).toBe('holds')
  expect(new Set(asked)).toEqual(new Set(['2020', true]))
  expect(new Intl.DateTimeFormat('en', { year: 'numeric' }).format()).not.toBe('2020')
  expect(new Event('x').timeStamp).toBeGreaterThan(0)
})

test('what a body prints, and what is over at once, starts nothing', () => {
  const said = new Console(new PassThrough())
  expect(toldOf(() => said.log('printed'))).toBe('holds')
  expect(toldOf(() => crypto.scryptSync('a', 'b', 8))).toBe('holds')
  expect(toldOf(() => process.uptime())).toBe('holds')
})

test.for<readonly [string, string, () => boolean]>([
  ['randomInt', 'randomInt', () => randomInt(1000) === 7],
  ['randomInt of the module', 'randomInt', () => crypto.randomInt(5, 1000) === 7],
  ['randomBytes', 'randomBytes', () => randomBytes(2).readUInt16LE() === 7],
  ['randomUUID', 'randomUUID', () => randomUUID().startsWith('777')],
  ['randomFillSync', 'randomFillSync', () => randomFillSync(new Uint8Array(2))[0] === 7],
  ['webcrypto', 'getRandomValues', () => crypto.webcrypto.getRandomValues(new Uint8Array(2))[0] === 7],
  ['getRandomValues', 'getRandomValues', () => crypto.getRandomValues(new Uint8Array(2))[0] === 7],
  ['a prime', 'generatePrimeSync', () => crypto.generatePrimeSync(16, { bigint: true }) === 7n],
  ['memory', 'process.memoryUsage.rss', () => process.memoryUsage.rss() === 7],
  ['CPU time', 'process.cpuUsage', () => process.cpuUsage().user === 7],
  ['the machine', 'os.freemem', () => freemem() === 7],
  ['a mark', 'performance.mark', () => performance.mark('x').startTime === 7],
])('%s: a rare branch is never said to hold', ([, source, rare]) => {
  const told = toldOf((m) => rare() && m[0]!++)
  expect(told).toMatch(/^passed/)
  expect(told).toContain(`${source}, of which only some values were tried: use choose(n)`)
})

test('both ends of what is drawn are tried', () => {
  const fails = (body: Body): unknown => explore(programOf(body)).failure?.kind
  for (const end of [3, 8]) {
    const body = (): void => {
      if (randomInt(3, 9) === end) throw new Error('this end is wrong')
    }
    expect(fails(body)).toBe('assertion')
  }
  const more = (): void => {
    const words = new Uint16Array(4)
    randomFillSync(words, 2, 1)
    if (words[2] === 0xffff && words[1] === 0 && words[3] === 0) throw new Error('the part alone')
  }
  expect(fails(more)).toBe('assertion')
})

test('afterwards the modules are what they were, also when something was thrown', () => {
  const names = ['randomInt', 'getRandomValues'] as const
  const standing = (): unknown[] => [
    ...names.map((name) => Reflect.get(crypto, name)),
    ...['uptime', 'memoryUsage'].map((name): unknown => Reflect.get(process, name)),
    freemem,
  ]
  const before = standing()
  expect(toldOf((m) => setTimeout(() => m[0]!++, 0))).toContain('setTimeout')
  const setup = (): void => {
    throw new Error('in the middle')
  }
  expect(() => explore({ ...programOf(() => {}), setup })).toThrow('in the middle')
  expect(standing()).toEqual(before)
  expect(new Set(Array.from({ length: 20 }, () => randomInt(1e9))).size).toBeGreaterThan(10)
})

test('an import of a function of Node sees it; a view of a body that is used later is told, though somebody catches', () => {
  // The runner makes something else of its own imports, so this is run by Node alone.
  const text = `import { randomInt } from 'node:crypto'
    import { explore } from '${new URL('../../dist/src/explore/helper/index.js', import.meta.url).href}'
    const before = randomInt
    let kept
    const body = (m) => void (randomInt(1000) === 7 && Atomics.add(m, 0, 1), Atomics.load(m, 0), (kept = m))
    console.log(explore({ memory: 1, threads: [body, body] }).verdict, randomInt === before, kept[0])
    process.once('uncaughtException', ({ code }) => console.log(code))
    setImmediate(() => {
      try { kept[0]++ } catch ({ code }) { console.log(code) }
    })`
  const args = ['--input-type=module', '--eval', text]
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(
    'passed true 0\nERR_EXPLORE_UNSEEN\nERR_EXPLORE_UNSEEN\n',
  )
})

/** How many of two messages a body hears. */
async function heard(listens: (port: AgentPort, hear: () => void) => void): Promise<number> {
  let most = 0
  await exploreAsync({
    memory: 1,
    threads: [
      async (m, agent) => {
        Atomics.load(m, 0)
        agent.port(1).postMessage(1)
        agent.port(1).postMessage(2)
      },
      async (m, agent) => {
        let count = 0
        Atomics.load(m, 0)
        listens(agent.port(0), () => void (most = Math.max(most, ++count)))
        await new Promise((resolve) => void setTimeout(resolve, 50))
      },
    ],
  })
  return most
}

test('ports listen as MessagePorts do', async () => {
  const started =
    (add: (port: AgentPort, hear: () => void) => void) => (port: AgentPort, hear: () => void) => {
      add(port, hear)
      port.start()
    }
  expect(await heard(started((port, hear) => port.addEventListener('message', hear)))).toBe(2)
  expect(await heard(started((port, hear) => port.addEventListener('messageerror', hear)))).toBe(0)
  expect(await heard(started((port, hear) => port.on('close', hear)))).toBe(0)
  expect(await heard(started((port, hear) => port.addEventListener('message', hear, { once: true })))).toBe(1)
  const off = (port: AgentPort, hear: () => void): void => {
    const once = (): void => {
      port.off('message', once)
      hear()
    }
    port.on('message', once)
    port.unref()
  }
  expect(await heard(off)).toBe(1)
  const removed = (port: AgentPort, hear: () => void): void => {
    port.addEventListener('message', hear)
    port.addEventListener('message', hear)
    port.removeEventListener('messageerror', hear)
  }
  expect(await heard(started(removed))).toBe(2)
  const close = (port: AgentPort): void => (port as unknown as MessagePort).close()
  await expect(heard(close)).rejects.toThrow('close of the port')
})

test('an async body that calls what Node follows is told so by the name of what it called', async () => {
  const refusal = async (body: () => unknown): Promise<unknown> =>
    exploreAsync({
      memory: 1,
      threads: [async (m) => (Atomics.load(m, 0), body()), async (m) => Atomics.load(m, 0)],
    }).catch((error: unknown) => (error as Error).message)
  expect(await refusal(async () => fetch('http://127.0.0.1:9').catch(() => {}))).toMatch(/^fetch in a body: /)
  expect(await refusal(() => process.nextTick(() => {}))).toMatch(/^process.nextTick in a body/)
  expect(await refusal(() => new PassThrough().on('data', () => {}))).toMatch(/^\w+\.on of Node in a body/)
})
