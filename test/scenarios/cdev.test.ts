import { afterAll, describe, expect, test } from 'vitest'
import {
  Crew,
  expectedOf,
  runForced,
  scenarioNamed,
  SCENARIOS,
  type Scenario,
} from '#lockstorm/scenarios/index'

const crew = new Crew(true)
const timeout = 60_000

afterAll(() => crew.abandon())

const APART = SCENARIOS.filter(({ axis }) => axis !== undefined)

describe('races that no strategy plays a part in come out alike under every strategy', () => {
  // Oldest and newest: the machine around the race is another, and the race is the same.
  const machines = ['per-parent', 'modern']
  test.each(APART.map((one) => [one.name, one] as const))('%s', { timeout }, async (_name, one) => {
    for (const strategy of machines) {
      const run = await runForced(crew, one, strategy)
      expect(run.cell).toEqual(expectedOf(one, strategy))
    }
  })
})

test('names are unique among all scenarios', () => {
  const names = SCENARIOS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('the BUG of v4 has the trace of the thread', { timeout }, async () => {
  const { reports } = await runForced(crew, scenarioNamed('switchtec-unbind-v4') as Scenario, 'modern')
  const lines = (reports[0]?.text ?? '').split('\n').map((line) => line.trim())
  expect(lines[0]).toBe('kernel BUG at drivers/pci/msi.c:371! (irq_has_action)')
  const thread = ['free_msi_irqs', 'pcim_release', 'release_nodes', 'unbind_store', 'vfs_write']
  const order = thread.map((symbol) => lines.indexOf(symbol))
  expect(order[0]).toBeGreaterThan(0)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})
