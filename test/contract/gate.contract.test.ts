import { describe, expect, test } from 'vitest'
import { as, ENODEV, type Addr } from '#lockstorm/base/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot } from '#lockstorm/mem/index'
import { mdev_parent } from '#lockstorm/mdev/index'
import type { Gate } from '#lockstorm/mdev/gates/gate'
import { GATES, gateId } from '#lockstorm/mdev/gates/index'
import { boot } from '../mdev/machine.ts'
import { bodyModule } from '../setup/bodies.ts'

const CPUS = 4
const CYCLES = 60

interface Outcome {
  violations: number
  refused: number
}

/** Puts a zeroed parent behind the gate. */
function newParent(gate: Gate, at = alloc_boot(mdev_parent.words)): Addr<'mdev_parent'> {
  const parent = as<'mdev_parent'>(at)
  if (gate.init(parent) !== 0) throw new Error('the gate cannot be made')
  gate.open(parent)
  return parent
}

/** CPU 0 closes gates that the others pass. */
async function storm(gate: Gate): Promise<Outcome> {
  const sab = boot('rwsem')
  const parents = alloc_boot(CYCLES * mdev_parent.words)
  for (let i = 0; i < CYCLES; i++) newParent(gate, parents + i * mdev_parent.words)
  const arg = { gate: gateId(gate), parents, words: alloc_boot(CYCLES * 16), cycles: CYCLES, entries: 3 }
  const module = bodyModule('mdev')
  const all = await runBodies<Outcome>({ sab, cpus: CPUS, module, body: 'passGates', arg })
  return {
    violations: all.reduce((sum, one) => sum + one.violations, 0),
    refused: all.reduce((sum, one) => sum + one.refused, 0),
  }
}

const real = GATES.filter((gate) => gate.guarded && gate.name !== 'busted')

describe.each(real.map((gate) => [gate.name, gate] as const))('the gate %s', (_name, gate) => {
  test('lets creates and removes in, several at a time, and out again', () => {
    boot('rwsem')
    const parent = newParent(gate)
    const first = gate.try_enter(parent)
    const second = gate.try_enter(parent)
    expect([first >= 0, second >= 0]).toEqual([true, true])
    gate.exit(parent, second)
    gate.exit(parent, first)
  })

  test('refuses newcomers with ENODEV once unregistration has begun, and does not block', () => {
    boot('rwsem')
    const parent = newParent(gate)
    gate.begin_unregister(parent)
    expect(gate.try_enter(parent)).toBe(-ENODEV)
    gate.end_unregister(parent)
    gate.destroy(parent)
  })

  test('is closed only when nobody is inside any more', async () => {
    expect((await storm(gate)).violations).toBe(0)
  })
})

describe.each(real.filter((gate) => gate.close !== undefined).map((gate) => [gate.name, gate] as const))(
  'the gate %s, which closes without waiting',
  (_name, gate) => {
    test('refuses newcomers while somebody is inside, and waits for that one afterwards', () => {
      boot('rwsem')
      const parent = newParent(gate)
      const cookie = gate.try_enter(parent)
      gate.close?.(parent)
      expect(gate.try_enter(parent)).toBe(-ENODEV)
      gate.exit(parent, cookie)
      gate.begin_unregister(parent)
      gate.end_unregister(parent)
      gate.destroy(parent)
    })
  },
)

test('the control, which waits for nobody, is caught with somebody inside', async () => {
  const busted = GATES.find((gate) => gate.name === 'busted') as Gate
  let violations = 0
  for (let attempt = 0; attempt < 10 && violations === 0; attempt++)
    violations = (await storm(busted)).violations
  expect(violations).toBeGreaterThan(0)
})

test('where there is no gate nobody is refused, and nobody is waited for', () => {
  boot('placeholder')
  const none = GATES.find((gate) => gate.name === 'none') as Gate
  const parent = newParent(none)
  none.begin_unregister(parent)
  expect(none.try_enter(parent)).toBe(0)
})
