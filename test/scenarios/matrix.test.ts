import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { STRATEGIES } from '#lockstorm/mdev/index'
import { matrixPage, shortMatrix } from '#lockstorm/report/scenario_matrix'
import {
  Crew,
  expectedMatrix,
  expectedOf,
  runForced,
  SCENARIOS,
  strategiesOf,
} from '#lockstorm/scenarios/index'

const crew = new Crew(true)

afterAll(() => crew.abandon())

// Races that no strategy plays a part in: cdev.test.ts.
describe.each(SCENARIOS.filter(({ axis }) => axis === undefined))('$name', (scenario) => {
  test.each(strategiesOf(scenario))(
    'comes out as expected under %s',
    { timeout: 60_000 },
    async (strategy) => {
      const run = await runForced(crew, scenario, strategy)
      expect(run.cell).toEqual(expectedOf(scenario, strategy))
    },
  )
})

test('the page docs/matrix.md shows what the scenarios expect', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/matrix.md'), 'utf8')
  expect(page).toBe(matrixPage(expectedMatrix(), SCENARIOS))
})

test('the README shows the rows that the mails are about', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
  expect(readme).toContain(shortMatrix(expectedMatrix()))
})

test('every scenario names its source', () => {
  for (const { name, source, symptom, fix } of SCENARIOS) {
    const told = { name, texts: [source, symptom, fix].includes('') }
    expect(told).toEqual({ name, texts: false })
  }
})

/** Rows that ours loses with the vendor of its day, and the row with what the vendor changes. */
const WON_BY: Readonly<Record<string, string>> = {
  'mbochs-overcommit': 'mbochs-counts',
  'devlink-deadlock-2019': 'devlink-deadlock-halves',
  'devlink-deadlock': 'devlink-deadlock-halves',
  'devlink-self': 'devlink-self-halves',
  'devlink-create': 'devlink-create-halves',
}

test('ours loses no row but to a vendor of its day, whose change wins it', () => {
  const cells = expectedMatrix().filter(({ axis, strategy }) => axis === 'strategy' && strategy === 'sharded')
  const lost = cells.filter(({ cell }) => cell.outcome !== 'does not')
  expect(lost.map(({ scenario, vendor }) => [scenario, vendor])).toEqual(
    Object.keys(WON_BY).map((scenario) => [scenario, 'of its day']),
  )
  for (const change of Object.values(WON_BY)) {
    const won = cells.find(({ scenario }) => scenario === change)
    expect([change, won?.cell.outcome, won?.vendor === 'of its day']).toEqual([change, 'does not', false])
  }
})

/** The same, except that it tells nobody its name. */
function nameless<T extends object>(one: T): T {
  return new Proxy(one, {
    get(target, key) {
      if (key === 'name') throw new Error('an expectation asks for a name')
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'object' && value !== null ? nameless(value) : value
    },
  })
}

test('an expectation is stated by what the seams say of themselves, never by a name', () => {
  for (const { expect: expected } of SCENARIOS) {
    for (const strategy of STRATEGIES) expect(expected(nameless(strategy))).toEqual(expected(strategy))
  }
})
