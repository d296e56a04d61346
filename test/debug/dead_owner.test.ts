/** A worker that is terminated while it holds a lock: whoever waits for it is told whose it was. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { HungTaskWatch, waitsForDead, type HungFinding } from '#lockstorm/debug/index'
import { WorkerThread } from '#lockstorm/machine/worker_thread'
import { memory } from '#lockstorm/mem/access.fast'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import type { DeadOwnerArg } from '../bodies/dead_owner.ts'
import { bodyModule } from '../setup/bodies.ts'

vi.setConfig({ testTimeout: 60_000 })
const entry = pathToFileURL(resolve(import.meta.dirname, '../../dist/workers/body.js'))
const module = String(bodyModule('dead_owner'))
const { kinds } = (await import(module)) as typeof import('../bodies/dead_owner.ts')

let threads: WorkerThread[] = []
afterEach(async () => {
  await Promise.all(threads.map((thread) => thread.end()))
})

function start(sab: SharedArrayBuffer, arg: DeadOwnerArg): void {
  const gate = new Int32Array(new SharedArrayBuffer(8))
  threads = [0, 1].map((cpu) => {
    const thread = new WorkerThread({ entry })
    // It ends with its thread.
    thread.run({ sab, gate, cpu, cpus: 2, module, body: 'holdAndWant', arg }).catch(() => {})
    return thread
  })
}

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await new Promise(setImmediate)
  }
}

test.each(Object.keys(kinds))('%s: the owner that died is named', async (kind) => {
  const sab = createArena(1 << 18, 2)
  const view = memory()
  const made = kinds[kind] as (typeof kinds)[string]
  const lock = alloc_boot(made.words)
  made.init(lock)
  const stage = alloc_boot(1)
  start(sab, { kind, lock, stage })
  await until(() => (Atomics.load(view, stage) === 1 ? true : undefined))
  await threads[0]?.end()
  Atomics.store(view, stage, 2)
  Atomics.notify(view, stage)
  const watch = new HungTaskWatch(view, { isDead: (cpu) => cpu === 0 })
  const found = await until((): HungFinding | undefined => watch.check(performance.now() * 1e6)[0])
  expect(found.kind).toBe('dead owner')
  expect(found.cpus).toEqual([1, 0])
  expect(found.text).toMatch(
    /^INFO: task cpu-1:2 .+(?:likely (?:owned|last held) by|kept by) task cpu-0:1\b.*, which has died\./,
  )
  // The control: as long as nobody has died there is nothing to tell.
  expect(waitsForDead(view)).toEqual([])
})
