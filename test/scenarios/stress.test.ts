import { expect, test } from 'vitest'
import { runStress, scenarioNamed, type Scenario } from '#lockstorm/scenarios/index'

function named(name: string): Scenario {
  return scenarioNamed(name) as Scenario
}

test('free runs of one uuid on two parents always end in a warning under per-parent locks', async () => {
  const { happened, hung, answers } = await runStress(named('cross-parent-duplicate'), 'per-parent', 20)
  expect({ happened, hung }).toEqual({ happened: 20, hung: 0 })
  expect(Object.keys(answers).filter((one) => !['ok EEXIST', 'EEXIST ok'].includes(one))).toEqual([])
})

test('free runs of two removals never leave the device', async () => {
  const { happened, hung } = await runStress(named('double-remove'), 'modern', 20)
  expect({ happened, hung }).toEqual({ happened: 0, hung: 0 })
})
