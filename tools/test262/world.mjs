// What a test of test262 finds around it when it runs as a body: $262 with its agents, SharedArrayBuffer, constructors of views.
//
// Memory   words 0 to TEST_WORDS are the test's: each SharedArrayBuffer that it makes is this memory, as long as the test says. What
//          follows is ours: a word that says that the buffer has been broadcast, one to sleep on, and the reports of the agents.
// Time     is the explorer's: a sleep ends when nothing else can run, so the yields of the tests, which hope that everybody else has
//          come to its wait meanwhile, hold in every interleaving.
import { RefusedError } from '../../dist/src/explore/helper/index.js'

const TEST_WORDS = 512
const SENT = TEST_WORDS
const SLEEP = SENT + 1
const NEXT = SLEEP + 1
const REPORTS = NEXT + 1
const REPORT_WORDS = 64
const MOST_REPORTS = 16
export const WORDS = REPORTS + REPORT_WORDS * MOST_REPORTS
const BYTES = 4

const VIEWS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
].filter((name) => name in globalThis)

/** The names that a test may use, beside what is global. */
export const NAMES = ['$262', '$DONE', 'globalThis', 'SharedArrayBuffer', 'DataView', ...VIEWS]

const Shared = SharedArrayBuffer
function refused(message) {
  return new RefusedError('ERR_EXPLORE_UNSUPPORTED', message)
}

/** What stands in the place of SharedArrayBuffer: it makes the program's memory. */
function sharedOf(world) {
  return new Proxy(Shared, {
    construct(_target, [length, options]) {
      const { maxByteLength } = options ?? {}
      if (maxByteLength !== undefined)
        throw refused('a SharedArrayBuffer that grows: the memory of a program does not')
      if (Number(length) > TEST_WORDS * BYTES)
        throw refused(`a SharedArrayBuffer of ${length} bytes: the script gives ${TEST_WORDS * BYTES}`)
      world.bytes = Number(length ?? 0)
      return world.memory.buffer
    },
  })
}

/** A constructor of views: over the program's memory a view ends where the test's buffer does. */
function viewOf(world, name) {
  const Explored = globalThis[name]
  const size = Explored.BYTES_PER_ELEMENT ?? 1
  const made = new Proxy(Explored, {
    construct(target, args, self) {
      const [buffer, offset, length] = args
      const given = buffer === world.memory.buffer
      const rest =
        length === undefined && given ? Math.floor((world.bytes - Number(offset ?? 0)) / size) : length
      return Reflect.construct(
        target,
        given ? [buffer, offset ?? 0, rest] : args,
        self === made ? target : self,
      )
    },
  })
  return made
}

function report(m, value) {
  const at = REPORTS + REPORT_WORDS * Atomics.add(m, NEXT, 1)
  const text = String(value).slice(0, REPORT_WORDS - 1)
  for (let i = 0; i < text.length; i++) m[at + 1 + i] = text.charCodeAt(i)
  Atomics.store(m, at, 1 + text.length)
  Atomics.notify(m, at)
}

function textAt(m, at) {
  return String.fromCharCode(...Array.from({ length: Atomics.load(m, at) - 1 }, (_, i) => m[at + 1 + i]))
}

/** $262.agent: `heard` is what receiveBroadcast was given a promise for. */
function agentOf(world) {
  const m = world.memory
  let taken = 0
  const sleep = (ms) => void Atomics.wait(m, SLEEP, 0, ms)
  const agent = {
    start() {},
    broadcast() {
      Atomics.store(m, SENT, world.bytes + 1)
      Atomics.notify(m, SENT)
    },
    receiveBroadcast(hear) {
      while (Atomics.load(m, SENT) === 0) Atomics.wait(m, SENT, 0)
      world.bytes = Atomics.load(m, SENT) - 1
      world.heard = hear(m.buffer)
    },
    report: (value) => report(m, value),
    getReport() {
      const at = REPORTS + REPORT_WORDS * taken++
      while (Atomics.load(m, at) === 0) Atomics.wait(m, at, 0)
      return textAt(m, at)
    },
    async getReportAsync() {
      const at = REPORTS + REPORT_WORDS * taken++
      while (Atomics.load(m, at) === 0) await Atomics.waitAsync(m, at, 0).value
      return textAt(m, at)
    },
    safeBroadcast: () => agent.broadcast(),
    safeBroadcastAsync(view, index, expected) {
      agent.broadcast()
      agent.waitUntil(view, index, expected)
      agent.tryYield()
      return Promise.resolve(Atomics.load(view, index))
    },
    waitUntil(view, index, expected) {
      while (Number(Atomics.load(view, index)) !== Number(expected)) Atomics.pause()
    },
    sleep,
    trySleep: sleep,
    tryYield: () => sleep(agent.timeouts.yield),
    timeouts: { yield: 100, small: 200, long: 1000, huge: 10_000 },
    setTimeout: (run, ms) => setTimeout(() => run(), ms),
    monotonicNow: () => performance.now(),
    leaving() {},
  }
  return agent
}

/** The world of one body, for one of its runs. Call it while the explorer's globals are in place. */
export function worldOf(memory, done) {
  const world = { memory, bytes: TEST_WORDS * BYTES, heard: undefined }
  const own = Object.create(globalThis, {
    Atomics: Object.getOwnPropertyDescriptor(globalThis, 'Atomics'),
    $DONE: { value: done },
  })
  const detach = (buffer) => void structuredClone(buffer, { transfer: [buffer] })
  const views = ['DataView', ...VIEWS].map((name) => viewOf(world, name))
  const host = { agent: agentOf(world), detachArrayBuffer: detach, global: own }
  return { world, own, values: [host, done, own, sharedOf(world), ...views] }
}
