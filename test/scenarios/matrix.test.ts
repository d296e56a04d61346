import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  Crew,
  expectedMatrix,
  MATRIX_STRATEGIES,
  matrixPage,
  runForced,
  SCENARIOS,
  shortMatrix,
} from '#lockstorm/scenarios/index'

const crew = new Crew(true)

afterAll(() => crew.abandon())

describe.each(SCENARIOS)('$name', (scenario) => {
  test.each(MATRIX_STRATEGIES)('comes out as expected under %s', { timeout: 60_000 }, async (strategy) => {
    const run = await runForced(crew, scenario, strategy)
    expect(run.cell).toEqual(scenario.expect[strategy])
  })
})

test('the page docs/matrix.md shows what the scenarios expect', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/matrix.md'), 'utf8')
  expect(page).toBe(matrixPage(expectedMatrix()))
})

test('the README shows the rows that the mails are about', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
  expect(readme).toContain(shortMatrix(expectedMatrix()))
})

test('every scenario names its source, and every strategy has a cell in its row', () => {
  for (const { name, source, symptom, fix, expect: cells } of SCENARIOS) {
    const told = { name, texts: [source, symptom, fix].includes('') }
    expect(told).toEqual({ name, texts: false })
    expect({ name, cells: Object.keys(cells).toSorted() }).toEqual({
      name,
      cells: MATRIX_STRATEGIES.toSorted(),
    })
  }
})
