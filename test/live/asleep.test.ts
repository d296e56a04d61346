import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allSleep } from '#lockstorm/live/asleep'
import { WorkerThread } from '#lockstorm/machine/worker_thread'
import { bodyModule } from '../setup/bodies.ts'

test.skipIf(!existsSync('/proc/thread-self'))(
  'a thread that runs does not sleep, one that waits does',
  async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const thread = new WorkerThread({ entry: bodyModule('runs_then_waits') })
    const job = thread.run(words).catch(() => {})
    while (Atomics.load(words, 1) === 0) await pause(5)
    const it = [Atomics.load(words, 1)]
    for (let i = 0; i < 200; i++) expect(allSleep(it)).toBe(false)
    Atomics.store(words, 0, 1)
    while (!allSleep(it)) await pause(5)
    await thread.end()
    await job
    expect([allSleep(it), allSleep([])]).toEqual([false, true])
  },
)
