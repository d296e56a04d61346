import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WorkerThread } from '#lockstorm/machine/worker_thread'
import { bodyModule } from '../setup/bodies.ts'

test('a thread that cannot be ended is not said to be, however often that is asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
  const path = join(folder, 'pipe')
  spawnSync('mkfifo', [path])
  const fd = openSync(path, 'r+')
  const began = new Int32Array(new SharedArrayBuffer(4))
  const thread = new WorkerThread({ entry: bodyModule('reads') })
  const job = thread.run({ fd, began }).catch(({ message }: Error) => message)
  while (Atomics.load(began, 0) === 0) await setImmediate()
  const told: string[] = []
  const ends = ['once', 'twice'].map(async (word) => {
    await thread.end()
    told.push(word)
  })
  // It is told of its end at once, and goes on reading.
  expect(await job).toContain('Terminating')
  expect(told).toEqual([])
  writeSync(fd, '.')
  await Promise.all(ends)
  expect(told).toEqual(['once', 'twice'])
  closeSync(fd)
  rmSync(folder, { recursive: true })
})
