import { expect, test } from 'vitest'
import { runBodies } from '#lockstorm/machine/bodies'
import { READ_ONCE } from '#lockstorm/mem/access.fast'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'

const module = bodyModule('counter')

test('four CPUs that add atomically lose no update', async () => {
  const sab = createArena(1 << 16, 5)
  const word = alloc_boot(1)
  await runBodies({ sab, cpus: 4, module, body: 'atomicCounter', arg: { word, rounds: 20_000 } })
  expect(READ_ONCE(word)).toBe(80_000)
})

test('the control loses updates: the CPUs do run at the same time', async () => {
  const sab = createArena(1 << 16, 5)
  const word = alloc_boot(1)
  // On one core it takes a switch between two instructions: sooner or later there is one.
  for (let rounds = 2_000_000; ; rounds *= 2) {
    const before = READ_ONCE(word)
    await runBodies({ sab, cpus: 4, module, body: 'brokenCounter', arg: { word, rounds } })
    if ((READ_ONCE(word) - before) >>> 0 < 4 * rounds) return
    expect(rounds).toBeLessThan(2 ** 28)
  }
})

test('a body that never returns ends the run with the CPUs that were still running', async () => {
  const sab = createArena(1 << 16, 5)
  const run = runBodies({ sab, cpus: 2, module, body: 'spinForEver', timeoutMs: 300 })
  await expect(run).rejects.toThrow('still running after 300 ms: CPU 0, 1')
})
