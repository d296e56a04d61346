import { expect, test } from 'vitest'
import { barrier, barrier_init } from '#lockstorm/machine/barrier'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'

const CPUS = 8
const MEETINGS = 300

interface Met {
  readonly early: number
  readonly last: number
}

function meet(wait: boolean): Promise<Met[]> {
  const sab = createArena(1 << 16, CPUS)
  const address = alloc_boot(barrier.words)
  barrier_init(address as never, CPUS)
  const arg = { barrier: address, counter: alloc_boot(1), meetings: MEETINGS, wait }
  return runBodies<Met>({ sab, cpus: CPUS, module: bodyModule('barrier'), body: 'meet', arg })
}

test('nobody leaves a barrier before all eight have come, and one of them is the last', async () => {
  const met = await meet(true)
  expect(met.map((one) => one.early)).toEqual(Array.from({ length: CPUS }, () => 0))
  expect(met.reduce((sum, one) => sum + one.last, 0)).toBe(MEETINGS)
})

test('the control, without the barrier, is caught', async () => {
  const met = await meet(false)
  expect(met.reduce((sum, one) => sum + one.early, 0)).toBeGreaterThan(0)
})
