import { Worker } from 'node:worker_threads'
import { expect } from 'vitest'

// vitest cannot time out a test whose own main thread is blocked in Atomics.wait. This thread can: it kills the
// fork, and vitest reports the file as failed and goes on with the others.
const LIMIT_MS = 150_000
const SLICES = 50

/** What the thread looks at. A process that runs many files has one. */
interface Watched {
  readonly beat: Int32Array
  /** The path of the file that runs now, filled up with zeros. */
  readonly file: Uint8Array
}

// It waits in slices: when the whole computer stood still for a while, that is one slice and not a time-out.
const source = `
const { workerData: { beat, file, LIMIT_MS, SLICES } } = require('node:worker_threads')
for (let last = 0, idle = 0; ; ) {
  const result = Atomics.wait(beat, 0, last, LIMIT_MS / SLICES)
  idle = result === 'timed-out' ? idle + 1 : 0
  if (idle >= SLICES) {
    const path = Buffer.from(file).toString().replace(/\\0+$/, '')
    require('node:fs').writeSync(2, 'watchdog: the main thread of ' + path + ' is blocked\\n')
    process.kill(process.pid, 'SIGKILL')
  }
  last = Atomics.load(beat, 0)
}`

function watched(): Watched {
  const beat = new Int32Array(new SharedArrayBuffer(4))
  const file = new Uint8Array(new SharedArrayBuffer(4096))
  setInterval(() => {
    Atomics.add(beat, 0, 1)
    Atomics.notify(beat, 0)
  }, LIMIT_MS / 4).unref()
  new Worker(source, { eval: true, execArgv: [], workerData: { beat, file, LIMIT_MS, SLICES } }).unref()
  return { beat, file }
}

const here = globalThis as { lockstormWatched?: Watched }
const { file } = (here.lockstormWatched ??= watched())
file.fill(0)
file.set(Buffer.from(expect.getState().testPath ?? ''))
